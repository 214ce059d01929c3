// A part of a page that is asked for may not come: somebody signed out, or the server failed. Then
// the whole page is asked for, which leads to the door or says what is wrong; nothing vanishes.
document.addEventListener("htmx:before:response", (event) => {
  const answer = event.detail.ctx.response.raw;
  if (answer.ok && !answer.redirected) return;
  event.preventDefault();
  location.assign(answer.url);
});
