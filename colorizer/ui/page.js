// What the page does in the browser alone: the tab in the address, and sliders that also answer to the keyboard.
(() => {
  const asked = () => new URLSearchParams(location.search).get('tab');

  // Tabs carry elem_id "tab-NAME"; Gradio names their buttons "tab-NAME-button".
  const named = button => button.id.replace(/^tab-/, '').replace(/-button$/, '');

  window.showTab = name => {
    const button = document.getElementById(`tab-${name}-button`);
    if (button && button.getAttribute('aria-selected') !== 'true') button.click();
  };

  // Called by the page's load event, when all that the page has at first is there and listens.
  window.pageReady = () => {
    if (asked()) window.showTab(asked());
    document.documentElement.dataset.ready = 'true';
  };

  // The page's address with another query; what is Gradio's own, such as __theme, stays.
  const address = query => {
    const url = new URL(location), own = [...url.searchParams].filter(([name]) => name.startsWith('__'));
    url.search = new URLSearchParams([...new URLSearchParams(query), ...own]);
    url.hash = '';
    return url;
  };

  // A browser may not let a page write to the clipboard: the address stands there, too, and is marked.
  window.copyLink = (id, query) => {
    const box = document.querySelector(`#${id} .link`), field = box.querySelector('input');
    field.value = address(query).href;
    box.classList.add('filled');
    field.select();
    const told = copied => box.classList.toggle('copied', copied);
    if (!navigator.clipboard) told(document.execCommand('copy'));
    else navigator.clipboard.writeText(field.value).then(() => told(true), () => told(false));
  };

  const remember = name => {
    const url = address(`tab=${name}`);
    if (asked() === name) return;
    history.pushState(null, '', url);
    // Inside a Hugging Face Space the page lives in a frame, and the frame's parent keeps the address.
    if (window.parent !== window) window.parent.postMessage({queryString: url.search.slice(1)}, 'https://huggingface.co');
  };

  window.goToTab = name => {
    window.showTab(name);
    document.getElementById(`tab-${name}-button`)?.focus({preventScroll: true});
    remember(name);
    window.scrollTo({top: 0});
  };

  for (const type of ['click', 'auxclick']) document.addEventListener(type, event => {
    const button = event.isTrusted && event.target.closest('[role="tab"][id^="tab-"]');
    if (button) remember(named(button));
    const link = event.target.closest('a[href^="?tab="]');
    if (link) event.preventDefault();  // in another tab of the browser there is nothing
    if (link && type === 'click') window.goToTab(new URLSearchParams(link.getAttribute('href')).get('tab'));
  });
  window.addEventListener('popstate', () => window.showTab(asked() || 'restore'));

  // Gradio tells of a slider's release by pointer only.
  document.addEventListener('keyup', event => {
    if (!event.target.matches?.('input[type="range"]')) return;
    if (/^(Arrow|Page|Home|End)/.test(event.key)) {
      event.target.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
    }
  });
})();
