// The browser's time zone, for whoever has chosen none.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes(`zone=${zone}`))
	// biome-ignore lint/suspicious/noDocumentCookie: Firefox has no Cookie Store
	document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
