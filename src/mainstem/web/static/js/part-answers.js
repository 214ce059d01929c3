// A part of a page that is asked for may not come: somebody signed out, or the server failed. Then
// the whole page is asked for, which leads to the door or says what is wrong; nothing vanishes.
// Live numbers stay as they are: nobody asked for them just now, and the page is good without.
document.addEventListener("htmx:before:response", (event) => {
  const { response, sourceElement } = event.detail.ctx;
  const answer = response.raw;
  if (answer.ok && !answer.redirected) return;
  event.preventDefault();
  if (!sourceElement.hasAttribute("hx-sse:connect")) location.assign(answer.url);
});
