// `ddClient.extension.vm`: the extension's services, which the preview has started.
function createVm() {
  // Docker Desktop resolves with the content, and rejects if the status is not 2xx.
  async function request({ method = "GET", url, headers = {}, data } = {}) {
    if (typeof url !== "string") throw new TypeError("service: `url` must be a string");
    const sent = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
    const isText = typeof data === "string";
    const hasType = Object.keys(sent).some((name) => name.toLowerCase() === "content-type");
    if (data !== undefined && data !== null && !isText && !hasType) sent["Content-Type"] = "application/json";
    const body = data === undefined || data === null ? null : isText ? data : JSON.stringify(data);
    const answer = await connection.service({ method, url, headers: sent, body });
    const content = parse(answer);
    if (answer.status >= 200 && answer.status < 300) return content;
    throw Object.assign(new Error(`${answer.status} ${answer.reason}`.trim()), {
      name: "ServiceError",
      message: content?.message ?? (typeof content === "string" && content !== "" ? content : answer.reason),
      statusCode: answer.status,
    });
  }

  function parse({ type, body }) {
    if (body === "") return "";
    try {
      return JSON.parse(body);
    } catch (error) {
      if (/json/i.test(type)) console.warn(`The service's answer is not valid JSON: ${error.message}`);
      return body;
    }
  }

  const withoutBody = (method) => (url) => request({ method, url });
  const withBody = (method) => (url, data) => request({ method, url, data });
  return {
    cli: known("ddClient.extension.vm.cli", {
      exec: execWith((command, args) => ({ program: { vm: command }, args })),
    }),
    service: known("ddClient.extension.vm.service", {
      get: withoutBody("GET"),
      delete: withoutBody("DELETE"),
      head: withoutBody("HEAD"),
      post: withBody("POST"),
      put: withBody("PUT"),
      patch: withBody("PATCH"),
      request,
    }),
  };
}
