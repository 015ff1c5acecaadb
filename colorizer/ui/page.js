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

  const remember = name => {
    const url = new URL(location);
    if (url.searchParams.get('tab') === name) return;
    url.searchParams.set('tab', name);
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
