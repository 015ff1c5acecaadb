// How is a comparison enlarged? Gradio's slider knows the wheel, two fingers and dragging; this adds keys, a double
// click and 1:1, by the fingers that Gradio listens for, so that before and after stay together.
(() => {
  const STEP = 1.5, ALL = 0.01, PAN = 80;  // pixels
  const PANS = {ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
  const scale = image => Number(image.style.transform.match(/scale\((.*)\)/)?.[1] ?? 1);

  function mouse(content, type, x, y) {
    const options = {bubbles: true, cancelable: true, view: window, clientX: x, clientY: y};
    content.dispatchEvent(new MouseEvent(type, options));
  }
  function zoom(content, factor, x, y) {
    for (const [type, apart] of [['touchmove', 100], ['touchmove', 100 * factor], ['touchend', 0]]) {
      const touches = [-0.5, 0.5].map(side => ({clientX: x + side * apart, clientY: y}));
      document.dispatchEvent(Object.assign(new Event(type), {touches: type === 'touchend' ? [] : touches}));
    }
    mouse(content, 'mousedown', x, y);  // Gradio looks that no edge is inside when a mouse is let go
    mouse(content, 'mouseup', x, y);
  }
  // One pixel of the picture on one of the screen.
  function natural(content, x, y) {
    const image = content.querySelector('img'), {naturalWidth: wide, naturalHeight: high} = image;
    const shown = Math.min(image.offsetWidth, image.offsetHeight * wide / high);
    zoom(content, ALL, x, y);
    zoom(content, wide / shown / devicePixelRatio, x, y);
  }

  document.addEventListener('keydown', event => {
    const content = event.target.matches?.('.on-stage .outer') && event.target.parentElement.querySelector('.content');
    if (!content || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = content.getBoundingClientRect(), y = box.top + box.height / 2;
    const handle = event.target.getBoundingClientRect(), x = handle.left + handle.width / 2;
    const pan = event.shiftKey && PANS[event.key];
    if (pan) {
      event.stopImmediatePropagation();  // it doesn't move the handle
      mouse(content, 'mousedown', x, y);
      mouse(content, 'mousemove', x + PAN * pan[0], y + PAN * pan[1]);
      mouse(content, 'mouseup', x, y);
    } else if (event.key === '+' || event.key === '=') zoom(content, STEP, x, y);
    else if (event.key === '-') zoom(content, 1 / STEP, x, y);
    else if (event.key === '0') zoom(content, ALL, x, y);
    else if (event.key === '1') natural(content, x, y);
    else return;
    event.preventDefault();
  });
  document.addEventListener('dblclick', event => {
    const content = event.target.closest('.on-stage .content');
    if (!content) return;
    if (scale(content.querySelector('img')) > 1) zoom(content, ALL, event.clientX, event.clientY);
    else natural(content, event.clientX, event.clientY);
  });

  // What Gradio would keep for itself: a finger on a picture that isn't enlarged, which sweeps the page, and two
  // fingers beside the pictures, which enlarge the page.
  const spare = (type, ours) => document.addEventListener(type, event => {
    if (event.isTrusted && ours(event.target.closest('.on-stage .content'), event)) event.stopPropagation();
  }, true);
  spare('touchstart', (content, event) => content && event.touches.length === 1 && scale(content.querySelector('img')) === 1);
  spare('touchmove', content => !content);
})();
