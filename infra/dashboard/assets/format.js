// Numbers, times and names for people.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const count = (n) => whole.format(n);
export const rate = (n) => (n < 10 ? one.format(n) : whole.format(n));
export const percent = (part) => (part > 0 && part < 0.001 ? "< 0.1 %" : one.format(part * 100) + " %");
export const time = (ms) => clock.format(new Date(ms));
export const plural = (n, noun) => count(n) + " " + noun + (n === 1 ? "" : "s");

// big shortens a count: 1.2 M.
export function big(n) {
  if (n < 10_000) return count(n);
  if (n < 1_000_000) return one.format(n / 1e3) + " k";
  return one.format(n / 1e6) + " M";
}

export function bytes(n) {
  if (n < 1 << 20) return count(n / 1024) + " kB";
  if (n < 1 << 30) return one.format(n / (1 << 20)) + " MB";
  return one.format(n / (1 << 30)) + " GB";
}

// span is a duration: 0.4 s, 12 s, 3 min, 5 h, 2 days.
export function span(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return one.format(s) + " s";
  if (s < 120) return count(s) + " s";
  if (s < 7200) return count(s / 60) + " min";
  if (s < 172_800) return one.format(s / 3600) + " h";
  return count(s / 86_400) + " days";
}

// short names a shard by its number: shardId-000000000012 is 12.
export function short(id) {
  const number = /^shardId-0*(\d+)$/.exec(id);
  return number ? number[1] : id;
}

export const shortList = (ids) => ids.map(short).join(", ");

// letters counts A, B, … Z, AA, AB.
export function letters(slot) {
  const last = String.fromCharCode(65 + (slot % 26));
  return slot < 26 ? last : letters(Math.floor(slot / 26) - 1) + last;
}
