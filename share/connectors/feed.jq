# RSS, Atom and JSON Feed are read by sme-fetch itself; this says what can be done with them.
def meta: {
  name: "feed",
  title: "RSS, Atom and JSON Feed",
  version: "2026-11-26",
  as_of: {date: "2026-11-26", source: "RFC 4287; RSS 2.0; JSON Feed 1.1"},
  can: ["read.post", "media"],
  auth: {scheme: "none"}
};
