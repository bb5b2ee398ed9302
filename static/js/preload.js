// What a link leads to is asked for as it is pressed, and not only when it is let go. Browsers
// with speculation rules do so by themselves (see the header of that name); for others it is
// kept for three seconds.
const ours = /^\/($|(customers|contacts|leads|deals|projects|tasks|trash)($|[/?]))/;
if (!HTMLScriptElement.supports?.("speculationrules") && !navigator.connection?.saveData) {
	document.addEventListener("pointerdown", (e) => {
		const link = e.target.closest?.("a[href]");
		if (!link || link.origin !== location.origin || !ours.test(link.pathname) || link.hash || link.download || link.target) return;
		const hint = document.createElement("link");
		hint.rel = "prefetch";
		hint.href = link.href;
		document.head.append(hint);
	}, { passive: true });
}
