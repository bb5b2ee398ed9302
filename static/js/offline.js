// No answer at all: say so, and keep what was typed.
document.addEventListener("htmx:error", (e) => {
	if (!e.detail.ctx) return;
	const toast = document.createElement("div");
	toast.className = "toast";
	toast.setAttribute("role", "alert");
	toast.textContent = "We could not reach the server. Check your connection and try again.";
	document.body.append(toast);
	setTimeout(() => toast.remove(), 8000);
});
