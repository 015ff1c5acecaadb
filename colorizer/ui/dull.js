// The tab "Why dull?": which colours are likely at the place under the pointer, and what each network says there.
// `element` is the tab's HTML; its data arrives with each new photograph, so everything is read when it is needed.
const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
const SIDE = 440, REACH = 80, RADIUS = 8;  // pixels of the plot, units of ab from its middle to its edge
let read = null;

function data() {
  const box = element.querySelector('.dull');
  if (!box) return null;
  if (read && read.box === box) return read;
  const given = JSON.parse(box.dataset.given);
  const signed = text => new Int8Array(bytes(text).buffer);
  const marks = given.marks.map(mark => ({...mark, ab: signed(mark.ab)}));
  read = {...given, box, bins: signed(given.bins), likely: bytes(given.likely), marks};
  return read;
}

const held = value => Math.min(SIDE - RADIUS, Math.max(RADIUS, value));
const place = ab => [SIDE / 2 + ab[0] / REACH * SIDE / 2, SIDE / 2 - ab[1] / REACH * SIDE / 2].map(held);

function draw(row, column) {
  const found = data();
  if (!found) return;
  const cell = row * found.columns + column, count = found.colours.length;
  const canvas = found.box.querySelector('canvas'), ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.height = SIDE * ratio;
  const pen = canvas.getContext('2d'), ink = getComputedStyle(canvas).color;
  pen.scale(ratio, ratio);
  pen.strokeStyle = ink;
  pen.globalAlpha = 0.25;
  for (const at of [[0, SIDE / 2, SIDE, SIDE / 2], [SIDE / 2, 0, SIDE / 2, SIDE]]) {
    pen.beginPath(); pen.moveTo(at[0], at[1]); pen.lineTo(at[2], at[3]); pen.stroke();
  }
  const shares = found.likely.subarray(cell * count, (cell + 1) * count);
  const most = Math.max(...shares), step = SIDE / (2 * REACH) * 10;
  for (let n = 0; n < count; n++) {
    if (!shares[n]) continue;
    const [x, y] = place([found.bins[2 * n], found.bins[2 * n + 1]]);
    const side = step * Math.sqrt(shares[n] / most);  // the area says how likely
    pen.globalAlpha = 1;
    pen.fillStyle = found.colours[n];
    pen.fillRect(x - side / 2, y - side / 2, side, side);
  }
  found.marks.forEach(mark => {
    const [x, y] = place([mark.ab[2 * cell], mark.ab[2 * cell + 1]]);
    pen.beginPath(); pen.arc(x, y, RADIUS, 0, 2 * Math.PI);
    pen.fillStyle = '#ffffff'; pen.fill();
    pen.lineWidth = 2; pen.strokeStyle = '#1f1d1b'; pen.stroke();
    pen.fillStyle = '#1f1d1b'; pen.font = '600 10px sans-serif'; pen.textAlign = 'center'; pen.textBaseline = 'middle';
    pen.fillText(mark.letter, x, y + 0.5);
    const chroma = Math.hypot(mark.ab[2 * cell], mark.ab[2 * cell + 1]);
    found.box.querySelector(`[data-mark="${mark.letter}"] output`).textContent = Math.round(chroma);
  });
  for (const cross of found.box.querySelectorAll('.cross')) {
    cross.style.left = `${(column + 0.5) / found.columns * 100}%`;
    cross.style.top = `${(row + 0.5) / found.rows * 100}%`;
  }
  found.at = [row, column];
}

function under(event) {
  const found = data(), frame = event.target.closest('.dull-frame');
  if (!found || !frame) return;
  const box = frame.getBoundingClientRect();
  const within = (at, start, size, count) => Math.min(count - 1, Math.max(0, Math.floor((at - start) / size * count)));
  draw(within(event.clientY, box.top, box.height, found.rows), within(event.clientX, box.left, box.width, found.columns));
}

element.addEventListener('pointermove', under);
element.addEventListener('pointerdown', under);
element.addEventListener('keydown', event => {
  const moves = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
  const found = data(), move = moves[event.key];
  if (!found || !move || !event.target.closest('.dull-frame')) return;
  event.preventDefault();
  const next = [0, 1].map(k => Math.min([found.rows, found.columns][k] - 1, Math.max(0, found.at[k] + move[k])));
  draw(...next);
});
const start = () => { const found = data(); if (found && !found.at) draw(...found.start); };
new MutationObserver(start).observe(element, {childList: true, subtree: true});
start();
