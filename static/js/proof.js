// A form that wants some work done is worked on while it is filled in, and sent once
// that is done. Where that can't be, the server goes on another way.
const worked = (form) => form.matches("form[data-work]") && window.isSecureContext && window.Worker && !form.elements.work.value.includes(".");
const work = (form) => form.working ??= new Promise((done) => {
	const worker = new Worker(form.dataset.work);
	worker.onmessage = ({ data }) => { form.elements.work.value = data; worker.terminate(); done(); };
	worker.onerror = () => { form.removeAttribute("data-work"); done(); };
	worker.postMessage(form.elements.work.value);
});
document.addEventListener("input", (e) => { if (e.target.form && worked(e.target.form)) work(e.target.form); });
document.addEventListener("submit", (e) => {
	if (!worked(e.target)) return;
	e.preventDefault();
	e.stopImmediatePropagation();
	work(e.target).then(() => e.target.requestSubmit());
}, true);
