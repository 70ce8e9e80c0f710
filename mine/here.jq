def web: "http://127.0.0.1:50663/etag";
