# Where the feeds of the sample week are served.  scripts/demo writes its own with the port it got.
def web: "http://127.0.0.1:8085/etag";
