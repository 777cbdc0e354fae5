// The terminal's script marks the page as closed when the line to the kiosk breaks. The visit is kept there,
// so coming back is all there is to do.
new MutationObserver(() => {
  if (document.body.classList.contains("-closed")) setTimeout(() => location.reload(), 1500);
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });
