// Colours set by hand: dots on the coloured picture, each with its colour, and a list of them for the keyboard.
// The server sends the picture and what is likely on it (`props.value`); the dots are this side's.
const MOVE = {ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0]};
const GRAIN = 1600;  // pixels across, in a picture with more the colour of one is that of several
const TAP = 4;  // pixels that a finger may move without dragging
let given = null, hints = [], past = [], future = [], chosen = null, dropping = false, zoom = 1;
const find = selector => element.querySelector(selector);
const copied = list => list.map(hint => ({...hint}));
const within = value => Math.min(0.9999, Math.max(0, value));

function arrived() {
  if (!props.value) return;
  const data = JSON.parse(props.value);
  find('.hint-picture').src = data.picture;
  if (!('likely' in data)) return;  // the same in other colours
  const known = given?.photo === data.photo && JSON.stringify(data.hints) === JSON.stringify(coloured());
  given = {...data, likely: Uint8Array.from(atob(data.likely), letter => letter.charCodeAt(0))};
  if (!known) [hints, past, future, chosen, zoom] = [copied(data.hints), [], [], null, 1];
  draw();
}

const word = key => WORDS[key][document.documentElement.lang.startsWith('fr') ? 1 : 0];
const percent = share => `${Math.round(share * 100)} %`;
const where = hint => `${percent(hint.x)} → ${percent(hint.y)} ↓`;

function likely(x, y) {
  const cell = Math.floor(within(y) * given.rows) * given.columns + Math.floor(within(x) * given.columns);
  const hex = at => '#' + [...given.likely.subarray(at, at + 3)].map(v => v.toString(16).padStart(2, '0')).join('');
  return Array.from({length: given.count}, (_, n) => hex((cell * given.count + n) * 3));
}

// The picture is as large as the window lets it be, times the zoom.
function fit() {
  const picture = find('.hint-picture'), ratio = picture.naturalWidth / picture.naturalHeight || 1;
  const wide = Math.min(find('.hint-view').clientWidth, Math.max(340, window.innerHeight - 290) * ratio);
  find('.hint-frame').style.width = `${zoom * wide}px`;
}

function draw() {
  const frame = find('.hint-frame'), at = document.activeElement?.dataset ?? {};
  const focused = ['dot', 'colour', 'list', 'do'].find(key => key in at);
  fit();
  find('.hint-picture').alt = word('picture');
  find('.hints').classList.toggle('none', !given.count);
  frame.querySelectorAll('.dot').forEach(dot => dot.remove());
  hints.forEach((hint, n) => {
    const dot = document.createElement('button');
    dot.type = 'button';
    dot.className = 'dot';
    dot.dataset.dot = n;
    dot.setAttribute('aria-label', `${word('dot')} ${n + 1}, ${where(hint)} ${hint.colour}`);
    dot.setAttribute('aria-pressed', n === chosen);
    dot.style.cssText = `left:${hint.x * 100}%;top:${hint.y * 100}%;background:${hint.colour || 'transparent'}`;
    frame.append(dot);
  });
  const hint = hints[chosen], choice = find('.hint-choice');
  choice.hidden = !hint;
  if (hint) {
    choice.style.setProperty('--x', `${hint.x * 100}%`);
    find('.hint-swatches').replaceChildren(...likely(hint.x, hint.y).map((colour, n) => {
      const swatch = document.createElement('button');
      Object.assign(swatch, {type: 'button', className: 'swatch', title: colour});
      swatch.dataset.colour = colour;
      swatch.setAttribute('aria-label', `${word('swatch')} ${n + 1}: ${colour}`);
      swatch.style.background = colour;
      return swatch;
    }));
    find('.hint-other').value = hint.colour || likely(hint.x, hint.y)[0];
    find('.hint-reach').value = hint.reach;
  }
  find('.hint-list').replaceChildren(...hints.filter(each => each.colour).map(each => {
    const item = document.createElement('li'), button = document.createElement('button');
    button.type = 'button';
    button.dataset.list = hints.indexOf(each);
    button.innerHTML = `<i style="background:${each.colour}"></i>`;
    button.append(`${hints.indexOf(each) + 1} · ${where(each)} ${each.colour}`);
    item.append(button);
    return item;
  }));
  find('[data-do=undo]').disabled = !past.length;
  find('[data-do=redo]').disabled = !future.length;
  find('[data-do=clear]').disabled = !coloured().length;
  find('.hints').classList.toggle('dropping', dropping);
  if (focused) find(`[data-${focused}="${at[focused]}"]`)?.focus({preventScroll: true});
}

const coloured = () => hints.filter(hint => hint.colour);
const tell = () => { trigger('input', {hints: copied(coloured()), photo: given.photo}); draw(); };

// One change, which can be undone; a dot without a colour yet is none.
function change(how) {
  const before = copied(coloured());
  how();
  past.push(before);
  future = [];
  tell();
}

function step(from, to) {
  if (!from.length) return;
  to.push(copied(coloured()));
  [hints, chosen] = [from.pop(), null];
  tell();
}

function choose(n) {
  hints = hints.filter((hint, k) => hint.colour || k === n);
  chosen = n === null ? null : Math.min(n, hints.length - 1);
  draw();
  if (chosen !== null) find(`[data-dot="${chosen}"]`).focus({preventScroll: true});
}

function add(x, y) {
  hints = coloured();
  hints.push({x: within(x), y: within(y), colour: '', reach: given.reach});
  choose(hints.length - 1);
  find('.hint-choice').scrollIntoView({block: 'nearest', behavior: 'smooth'});
}

const paint = colour => change(() => { hints[chosen].colour = colour; });

// The colour of a picture under the pointer, from the picture itself and not as the page shows it.
function dropped(picture, event) {
  const box = picture.getBoundingClientRect(), pen = document.createElement('canvas').getContext('2d');
  pen.canvas.width = pen.canvas.height = 1;
  pen.imageSmoothingQuality = 'high';
  const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
  const side = Math.ceil(picture.naturalWidth / GRAIN);
  const at = [Math.floor(within(x) * picture.naturalWidth), Math.floor(within(y) * picture.naturalHeight)];
  pen.drawImage(picture, ...at, side, side, 0, 0, 1, 1);
  const rgb = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  dropping = false;
  if (hints[chosen]) paint('#' + rgb.map(v => v.toString(16).padStart(2, '0')).join(''));
}

const DO = {
  add: () => add(0.5, 0.5),
  undo: () => step(past, future),
  redo: () => step(future, past),
  clear: () => change(() => { hints = []; chosen = null; }),
  remove: () => (hints[chosen].colour ? change(() => { hints.splice(chosen, 1); chosen = null; }) : choose(null)),
  drop: () => { dropping = !dropping; draw(); },
  closer: () => { zoom = Math.min(6, zoom * 1.5); draw(); },
  farther: () => { zoom = Math.max(1, zoom / 1.5); draw(); },
};

element.addEventListener('click', event => {
  const at = event.target.closest('[data-do], [data-colour], [data-list], .hint-picture, .hint-reference');
  if (!at || !given?.count) return;
  if (at.dataset.do) DO[at.dataset.do]();
  else if (at.dataset.colour) paint(at.dataset.colour);
  else if (at.dataset.list) choose(Number(at.dataset.list));
  else if (dropping || at.matches('.hint-reference')) dropped(at, event);
  else {
    const box = at.getBoundingClientRect();
    add((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }
});
element.addEventListener('change', event => {
  if (event.target.matches('.hint-other')) paint(event.target.value);
  if (event.target.matches('.hint-reach')) change(() => { hints[chosen].reach = Number(event.target.value); });
  const file = event.target.matches('.hint-file') && event.target.files[0];
  if (file) Object.assign(find('.hint-reference'), {src: URL.createObjectURL(file), hidden: false});
});
element.addEventListener('load', event => {  // of a picture: these events don't rise
  if (event.target.matches('.hint-picture')) fit();
  if (event.target.matches('.hint-reference')) find('.hint-bad').hidden = true;
}, true);
element.addEventListener('error', event => {
  if (event.target.matches('.hint-reference')) [event.target.hidden, find('.hint-bad').hidden] = [true, false];
}, true);
element.addEventListener('pointerdown', event => {
  const dot = event.target.closest('.dot');
  if (!dot) return;
  const n = Number(dot.dataset.dot), box = find('.hint-frame').getBoundingClientRect(), before = {...hints[n]};
  let moved = false;
  const move = to => {
    moved ||= Math.hypot(to.clientX - event.clientX, to.clientY - event.clientY) > TAP;
    if (!moved) return;
    hints[n].x = within((to.clientX - box.left) / box.width);
    hints[n].y = within((to.clientY - box.top) / box.height);
    dot.style.left = `${hints[n].x * 100}%`;
    dot.style.top = `${hints[n].y * 100}%`;
  };
  const up = () => {
    dot.removeEventListener('pointermove', move);
    const now = {...hints[n]};
    if (moved && now.colour) {
      Object.assign(hints[n], before);
      change(() => Object.assign(hints[n], now));
    }
    choose(n);
  };
  dot.setPointerCapture(event.pointerId);
  dot.addEventListener('pointermove', move);
  dot.addEventListener('pointerup', up, {once: true});
  dot.addEventListener('pointercancel', up, {once: true});
});
element.addEventListener('keydown', event => {
  const n = Number(event.target.closest('.dot')?.dataset.dot ?? -1), move = MOVE[event.key];
  if (n < 0) return;
  if (event.key === 'Delete' || event.key === 'Backspace') { chosen = n; DO.remove(); }
  else if (event.key === 'Enter' || event.key === ' ') choose(n);
  else if (move) {
    const by = event.shiftKey ? 0.05 : 0.01, place = () => {
      hints[n].x = within(hints[n].x + by * move[0]);
      hints[n].y = within(hints[n].y + by * move[1]);
    };
    if (hints[n].colour) change(place); else place();
    choose(n);
  } else return;
  event.preventDefault();
});
new ResizeObserver(fit).observe(element);  // also when it comes into sight
watch('value', arrived);
arrived();
