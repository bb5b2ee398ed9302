// The workspace's address follows its name until somebody types one.
document.addEventListener("input", (e) => {
	if (e.target.name === "slug") e.target.dataset.touched = "";
	if (e.target.name !== "workspace") return;
	const slug = e.target.form?.elements.slug;
	if (!slug || "touched" in slug.dataset) return;
	slug.value = e.target.value.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
		.replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, 40);
	slug.dispatchEvent(new Event("suggested", { bubbles: true }));
});
