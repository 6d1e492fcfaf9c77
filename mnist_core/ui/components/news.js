// Lets the page run again as soon as something of its lesson has changed. Where no connection gets through, it asks.

const SILENT = 25000; // milliseconds: the lab says something every ten seconds
const ASK = 3000;
const APART = 500; // between two runs: a class hands in many things at once
const AGAIN = 4000; // until the same is told once more: after a cut the page may hear before it can be told

export default function ({ data, parentElement, setTriggerValue }) {
  const here = (parentElement.news ??= {});
  here.known = data.known;
  here.tell = (now) => setTriggerValue("changed", now);
  if (here.lesson === data.lesson) return here.end;
  here.end?.();
  here.lesson = data.lesson;
  const address = () => new URL(`class/news?lesson=${data.lesson}`, location.href);

  let waiting, told, last = 0, heard = Date.now();
  const hear = ([changes, steps]) => {
    heard = Date.now();
    const now = data.steps ? steps : changes;
    if (now === here.known || (now === told && Date.now() < last + AGAIN)) return;
    told = now;
    clearTimeout(waiting);
    waiting = setTimeout(tell, Math.max(0, last + APART - Date.now()), now);
  };
  const tell = (now) => {
    last = Date.now();
    here.tell(now);
    waiting = setTimeout(() => here.known < now && tell(now), AGAIN);
  };

  let stream, again;
  const listen = () => {
    clearTimeout(again);
    stream?.close();
    const there = address();
    there.protocol = there.protocol.replace("http", "ws");
    stream = new WebSocket(there);
    stream.onmessage = (event) => hear(JSON.parse(event.data));
    stream.onclose = ({ target }) => target === stream && here.lesson && (again = setTimeout(listen, ASK));
  };
  listen();
  const asking = setInterval(async () => {
    if (Date.now() - heard < SILENT) return;
    try {
      hear(await (await fetch(address())).json());
    } catch {
      // the lab is not there; the page says so
    }
  }, ASK);
  const wake = () => document.visibilityState === "visible" && Date.now() - heard > APART && listen();
  document.addEventListener("visibilitychange", wake);
  here.end = () => {
    here.lesson = undefined;
    stream.close();
    clearInterval(asking);
    clearTimeout(waiting);
    clearTimeout(again);
    document.removeEventListener("visibilitychange", wake);
  };
  return here.end;
}
