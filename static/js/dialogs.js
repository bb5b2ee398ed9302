// What opens a dialog, and what closes one or takes a toast away.
document.addEventListener("click", (e) => {
	const open = e.target.closest("[data-open]");
	if (open) document.getElementById(open.dataset.open).showModal();
	const close = e.target.closest("[data-close]");
	if (close) close.closest(".toast, dialog")?.[close.closest("dialog") ? "close" : "remove"]();
});
