// The connection to the server: events while they come, polling where streams do not get through, and what is told of it.

const silence = 6000; // a stream that says nothing for so long is lost: there is a message every second
const pollEvery = 2000;
const streamAgain = 30_000; // between two tries to have a stream again
const hiddenFor = 60_000; // a page that nobody looks at is closed after this time

// connect calls onMessage with each message; it returns false when it cannot use it, and gets everything anew. onState is told
// connecting, live, polling, lost or paused.
export function connect(onMessage, onState) {
  let source = null;
  let heard = Date.now();
  let failures = 0;
  let polling = 0;
  let streamTried = 0;
  let hidden = 0;
  let state = "connecting";

  const become = (next) => {
    if (next !== state) onState((state = next));
  };

  function open() {
    streamTried = Date.now();
    source?.close();
    source = new EventSource("/dashboard/stream");
    source.onmessage = (e) => {
      heard = Date.now();
      failures = 0;
      stopPolling();
      become("live");
      if (!onMessage(JSON.parse(e.data))) open();
    };
    source.onerror = () => {
      failures++;
      if (source.readyState === EventSource.CLOSED || failures >= 3) fallBack();
    };
  }

  function close() {
    source?.close();
    source = null;
    stopPolling();
  }

  function fallBack() {
    source?.close();
    source = null;
    if (!polling) polling = setInterval(poll, pollEvery);
    poll();
  }

  function stopPolling() {
    clearInterval(polling);
    polling = 0;
  }

  async function poll() {
    try {
      const answer = await fetch("/dashboard/fleet", { signal: AbortSignal.timeout(5000), cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const message = await answer.json();
      if (!polling) return;
      heard = Date.now();
      onMessage(message);
      become("polling");
    } catch {
      if (Date.now() - heard > silence) become("lost");
    }
  }

  function watch() {
    if (hidden && Date.now() - hidden > hiddenFor && state !== "paused") {
      close();
      become("paused");
    }
    if (state === "paused") return;
    if (Date.now() - heard > silence) {
      become("lost");
      if (source && Date.now() - streamTried > silence) open();
    }
    if (polling && Date.now() - streamTried > streamAgain) {
      failures = 2;
      open();
    }
  }

  document.addEventListener("visibilitychange", () => {
    hidden = document.hidden ? Date.now() : 0;
    if (!hidden && state === "paused") {
      heard = Date.now();
      become("connecting");
      open();
    }
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (e) => e.persisted && open());
  open();
  setInterval(watch, 1000);
}
