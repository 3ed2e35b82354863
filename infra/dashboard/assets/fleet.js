// The fleet as the messages of the server tell it, and what the page remembers of it.

export const historyLength = 120;

export class Fleet {
  version = 0;
  head = {};
  workers = new Map();
  shards = []; // in order of their ids
  events = []; // the newest last
  history = new Map(); // by shard, and "" for the fleet: [{rate, lag}], the newest last
  slots = new Map(); // by worker: its colour
  skew = 0; // this clock minus the server's
  at = 0;
  #rows = new Map();

  // apply takes a message. It returns false when the message is for another state than this one.
  apply(m) {
    if (m.base !== 0 && m.base !== this.version) return false;
    if (m.base === 0) {
      this.workers.clear();
      this.#rows.clear();
      this.events = [];
    }
    this.version = m.version;
    this.at = m.at;
    this.skew = Date.now() - m.at;
    if (m.head) this.head = m.head;
    for (const w of m.workers ?? []) this.workers.set(w.id, w);
    for (const id of m.goneWorkers ?? []) this.workers.delete(id);
    for (const s of m.shards ?? []) this.#rows.set(s.id, { ...this.#rows.get(s.id), ...blank, ...s });
    for (const id of m.goneShards ?? []) this.#rows.delete(id);
    this.shards = [...this.#rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#gauges(m);
    this.events = [...this.events, ...(m.events ?? [])].slice(-200);
    this.#colours();
    this.#remember();
    return true;
  }

  #gauges(m) {
    this.shards.forEach((s, i) => {
      if (m.lag) s.lag = m.lag[i];
      if (m.rate) s.rate = m.rate[i];
      s.lag ??= -1;
      s.rate ??= 0;
    });
  }

  // now is the server's time.
  get now() {
    return Date.now() - this.skew;
  }

  shard(id) {
    return this.#rows.get(id);
  }

  // open are the shards that nothing continues.
  get open() {
    return this.shards.filter((s) => !s.children.length && s.state !== "ended");
  }

  // draining are the shards that have children, and that have not been read to their end.
  get draining() {
    return this.shards.filter((s) => s.children.length && s.state !== "ended");
  }

  // lag is how far a shard is behind, in ms, and whether that is what its owner has read or only a bound: all that arrived before the
  // last commit is committed, and nobody says how much has come since.
  lag(s) {
    if (s.state === "ended") return { ms: 0, known: true };
    if (s.lag >= 0) return { ms: s.lag, known: true };
    if (s.committedAt > 0) return { ms: Math.max(0, this.now - s.committedAt), known: false };
    return { ms: null, known: false };
  }

  // #colours gives each worker a place among the colours for as long as it is there.
  #colours() {
    const wanted = new Set(this.workers.keys());
    for (const s of this.shards) if (s.owner && s.state !== "ended") wanted.add(s.owner);
    for (const id of this.slots.keys()) if (!wanted.has(id)) this.slots.delete(id);
    const taken = new Set(this.slots.values());
    for (const id of [...wanted].sort()) {
      if (this.slots.has(id)) continue;
      let slot = 0;
      while (taken.has(slot)) slot++;
      taken.add(slot);
      this.slots.set(id, slot);
    }
  }

  #remember() {
    let rate = 0;
    let lag = 0;
    for (const s of this.shards) {
      if (s.state === "ended") {
        this.history.delete(s.id);
        continue;
      }
      const behind = this.lag(s).ms ?? 0;
      this.#point(s.id, { rate: s.rate, lag: behind });
      rate += s.rate;
      lag = Math.max(lag, behind);
    }
    this.#point("", { rate, lag });
    for (const id of this.history.keys()) if (id !== "" && !this.#rows.has(id)) this.history.delete(id);
  }

  #point(id, p) {
    const points = this.history.get(id) ?? [];
    points.push(p);
    if (points.length > historyLength) points.shift();
    this.history.set(id, points);
  }

  // total sums a counter of all workers that have told theirs.
  total(name) {
    let sum = 0;
    for (const w of this.workers.values()) sum += Math.max(0, w.counters?.[name] ?? 0);
    return sum;
  }

  // most is the largest of a counter.
  most(name) {
    let most = -1;
    for (const w of this.workers.values()) most = Math.max(most, w.counters?.[name] ?? -1);
    return most;
  }
}

// What a row leaves out when it is empty.
const blank = { owner: "", parents: [], children: [], waitsFor: [], asked: "", stopped: "", resume: "", plan: 0 };
