// Wide tables scroll sideways: make them reachable by keyboard once the theme has wrapped them.
const reach = () => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) {
    box.tabIndex = 0;
  }
};
new MutationObserver(reach).observe(document.documentElement, { childList: true, subtree: true });
reach();
