import { $ } from "./dom.js";

// Passkeys: the server asks, the browser asks the person, the server checks.
const passkeys = () => {
	if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
	for (const box of document.querySelectorAll("[data-passkey]")) box.hidden = false;
};
passkeys();
document.addEventListener("click", async (e) => {
	const button = e.target.closest("[data-passkey] button");
	if (!button) return;
	const box = button.closest("[data-passkey]");
	const { passkey, next, workspace } = box.dataset;
	const error = $(".error", box);
	const post = async (step, body) => {
		const answer = await fetch(`/passkeys/${passkey}/${step}?${new URLSearchParams({ next, workspace })}`, {
			method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body),
		});
		if (answer.redirected) { // asked to show first who one is
			location.assign(answer.url);
			return null;
		}
		if (!answer.headers.get("Content-Type")?.includes("json")) throw new Error("We can’t do this right now. Try again in a moment.");
		const said = await answer.json();
		if (!answer.ok) throw new Error(said.error);
		return said;
	};
	error.hidden = true;
	button.disabled = true;
	try {
		const options = await post("begin", {});
		if (!options) return;
		const credential = passkey === "login"
			? await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) })
			: await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) });
		const done = await post("finish", credential.toJSON());
		const waiting = $("form[data-waiting]"); // what was sent before one was asked who one is
		if (done && waiting && passkey === "login") waiting.submit();
		else if (done) location.assign(done.location);
	} catch (reason) {
		error.textContent = reason instanceof DOMException
			? (reason.name === "InvalidStateError" ? "This device has a passkey of yours already." : "That did not work out. Try again when you are ready.")
			: reason.message;
		error.hidden = false;
	} finally {
		button.disabled = false;
	}
});
