// How is the page used without a mouse, without sight, or on a phone? What Gradio's parts don't do for that by themselves.
(() => {
  const STEPS = {ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1};
  const SETTLED = 600;  // milliseconds, after which a first result has its height
  const all = selector => document.querySelectorAll(selector);
  const tabOf = part => part.closest('[role="tabpanel"]');
  const seen = part => Boolean(part?.checkVisibility());
  const labelled = part => part.querySelector('[data-testid="block-label"]').textContent.trim();

  // The slider between before and after: where its handle is, 0 at the picture's left edge and 1 at its right one.
  function picture(handle) {
    const image = handle.parentElement.querySelector('img'), ratio = image.naturalWidth / image.naturalHeight || 1;
    const width = Math.min(image.offsetWidth, image.offsetHeight * ratio);
    return {left: image.offsetLeft + (image.offsetWidth - width) / 2, width};
  }
  function place(handle) {
    const {left, width} = picture(handle), x = new DOMMatrix(getComputedStyle(handle).transform).m41;
    return Math.min(1, Math.max(0, (x - left) / width || 0));
  }
  function move(handle, to) {
    const {left, width} = picture(handle), x = handle.parentElement.getBoundingClientRect().left + left + to * width;
    handle.dispatchEvent(new MouseEvent('mousedown', {view: window, clientX: x}));
    window.dispatchEvent(new MouseEvent('mouseup', {view: window, clientX: x}));
  }
  document.addEventListener('keydown', event => {
    const step = event.target.matches?.('.on-stage .outer') && STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    move(event.target, Math.min(1, Math.max(0, place(event.target) + step)));
  });

  function describe(stage) {
    const handle = stage.querySelector('.outer'), tab = tabOf(stage);
    if (!handle) return;
    const language = document.documentElement.lang.startsWith('fr') ? 'fr' : 'en', share = Math.round(100 * place(handle));
    const [left, , right] = [...tab.querySelectorAll(`.sides [lang="${language}"]`)].map(side => side.textContent);
    const said = {role: 'slider', tabindex: 0, 'aria-keyshortcuts': '+ - 0 1', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': share};
    said['aria-label'] = `${left} / ${right}`;
    said['aria-valuetext'] = `${left} ${share} %, ${right} ${100 - share} %`;
    for (const [name, value] of Object.entries(said)) handle.setAttribute(name, value);
    const [before, after] = stage.querySelectorAll('img');
    [before.alt, after.alt] = [labelled(tab.querySelector('.give')), labelled(stage)];
    before.loading = after.loading = 'eager';
  }

  // What a screen reader says, from a place that is always there: one that comes with its text is passed over
  // by many, unless it is an alert, as trouble is.
  const heard = document.createElement('div'), known = new Map();
  heard.className = 'heard';
  heard.setAttribute('aria-live', 'polite');
  function tell(part, text, news = text) {
    if (known.get(part) !== news) heard.textContent = text;
    known.set(part, news);
  }

  // Gradio tells of what is on its way up in its fields, and not of what its buttons send.
  const {fetch} = window, root = document.documentElement;
  window.fetch = (...asked) => {
    const answer = fetch(...asked), sends = /\/upload(\?|$)/.test(asked[0]);
    if (sends) answer.finally(() => root.classList.remove('sends')).catch(() => {});
    if (sends) root.classList.add('sends');
    return answer;
  };

  // A button was pressed, or a picture given: the focus stays, and what comes of it is brought into sight.
  let wanted = null;
  const source = tab => tab.querySelector('.on-stage img:nth-of-type(2)')?.src;
  const want = tab => { wanted = tab && {tab, old: source(tab), begun: false}; };
  document.addEventListener('click', event => {
    const part = event.target.closest('.start, .cancel, .result .card, a[data-picture]');
    const other = part?.matches('a') && new URLSearchParams(part.search).get('tab');  // the album's photograph goes there
    want(part && (other ? document.getElementById(`tab-${other}`) : tabOf(part)));
  });
  document.addEventListener('change', event => {
    const input = event.target.closest('.give input[type="file"]');
    want(input && tabOf(input));
    // Some phones don't know what a HEIC is, and Gradio then refuses it; the server looks into the file.
    if (input?.accept !== 'image/*' || [...input.files].every(file => file.type.startsWith('image/'))) return;
    const files = new DataTransfer();
    for (const file of input.files) files.items.add(new File([file], file.name, {type: 'image/heic'}));
    input.files = files.files;
  }, true);
  function bring(stage) {
    const {top, bottom} = stage.getBoundingClientRect();
    if (seen(stage) && (top < 0 || bottom > innerHeight)) stage.closest('.result').scrollIntoView();  // with what stands above it
  }
  function follow() {
    const {tab, old} = wanted, [start, cancel] = ['.start', '.cancel'].map(name => tab.querySelector(name));
    const stage = tab.querySelector('.on-stage'), image = stage?.querySelector('img:nth-of-type(2)');
    const running = seen(cancel), free = [document.body, start, cancel].includes(document.activeElement);
    wanted.begun ||= running;
    if (!running && image && image.src !== old && image.complete) {
      bring(stage);
      setTimeout(bring, SETTLED, stage);
      if (free) stage.querySelector('.outer').focus({preventScroll: true});
    } else {
      if (free) (running ? cancel : start)?.focus({preventScroll: true});
      const line = tab.querySelector('.line');
      if (running || !wanted.begun || !seen(line) || line.querySelector('progress')) return;
    }
    wanted = null;
  }

  let due = null;
  function look() {
    due = null;
    if (!heard.isConnected) document.body.append(heard);
    all('.on-stage').forEach(describe);
    for (const frame of all('.dull-frame')) frame.setAttribute('aria-label', frame.nextElementSibling.innerText);
    for (const image of all('.image-frame img')) image.alt = labelled(image.closest('.block'));
    for (const small of all('.thumbnail-item:has(.caption-label)')) small.setAttribute('aria-label', small.innerText.trim());
    for (const line of all('.line-box .line:not(.trouble)')) {
      if (seen(line)) tell(line.closest('.line-box'), line.innerText, line.innerText.split(/[\d,]/)[0]);  // not how far it is
    }
    for (const status of all('.status:has(p)')) {
      const stage = tabOf(status).querySelector('.on-stage'), text = [...status.querySelectorAll('p')].map(p => p.innerText).join(' ');
      if (stage && seen(status)) tell(status, `${labelled(stage)}. ${text}`);
    }
    const tab = document.querySelector('#tabs [role="tab"][aria-selected="true"]'), list = tab?.parentElement;
    if (tab && known.get(list) !== tab) list.scrollLeft = tab.offsetLeft - (list.clientWidth - tab.offsetWidth) / 2;
    known.set(list, tab);
    if (wanted) follow();
  }
  const soon = () => { due ??= setTimeout(look, 50); };
  const changes = {subtree: true, childList: true, characterData: true, attributeFilter: ['style', 'src', 'class', 'aria-selected']};
  new MutationObserver(soon).observe(document.documentElement, changes);
  document.addEventListener('load', soon, true);
  window.addEventListener('resize', soon);
})();
