"use strict";
// Copy buttons, keys j and k, and everything open on paper. The page is of use without.
for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const list = button.parentElement.querySelector("pre");
    try {
      await navigator.clipboard.writeText(list.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(list);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    button.firstChild.textContent = "Copied";
    setTimeout(() => { button.firstChild.textContent = "Copy"; }, 2000);
  });
}

const incidents = [...document.querySelectorAll("article")];
document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || !incidents.length) return;
  const within = incidents.indexOf(document.activeElement.closest("article"));
  const next = incidents[Math.max(0, Math.min(incidents.length - 1, within + step))];
  next.focus();
  next.scrollIntoView();
});

addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
