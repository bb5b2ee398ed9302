// A worker that looks for the number that a form wants with its challenge: SHA-256 of
// the challenge, a dot and the number begins with 18 zero bits (app/auth/work.go).
addEventListener("message", async ({ data: challenge }) => {
	const text = new TextEncoder();
	const batch = 500;
	for (let from = 0; ; from += batch) {
		const sums = await Promise.all(Array.from({ length: batch }, (_, i) =>
			crypto.subtle.digest("SHA-256", text.encode(`${challenge}.${from + i}`))));
		const found = sums.findIndex((sum) => new DataView(sum).getUint32(0) >>> 14 === 0);
		if (found >= 0) {
			postMessage(`${challenge}.${from + found}`);
			return;
		}
	}
});
