/** Moments and the backend's time zone. */

const parts = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let known = parts.get(zone);
  if (!known) {
    known = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
    parts.set(zone, known);
  }
  return known;
}

/** How far the zone is ahead of UTC at that moment, in minutes. */
export function offsetMinutes(moment: Date, zone: string): number {
  const read: Record<string, number> = {};
  for (const part of formatter(zone).formatToParts(moment)) read[part.type] = Number(part.value);
  const wall = Date.UTC(read["year"]!, read["month"]! - 1, read["day"]!, read["hour"]!, read["minute"]!, read["second"]!);
  return Math.round((wall - Math.floor(moment.getTime() / 1000) * 1000) / 60_000);
}

/** The moment as text in the zone, with its offset: `2024-03-31T03:30:00.000+02:00`. */
export function toZone(moment: Date, zone: string): string {
  const offset = offsetMinutes(moment, zone);
  const wall = new Date(moment.getTime() + offset * 60_000).toISOString().slice(0, -1);
  if (offset === 0) return `${wall}Z`;
  const digits = (number: number): string => String(number).padStart(2, "0");
  const size = Math.abs(offset);
  return `${wall}${offset < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}

/** The moment that a text says; without an offset it is a clock on a wall in the zone. */
export function fromZone(text: string, zone: string): Date {
  const hasOffset = /(?:[zZ]|[-+]\d{2}:?\d{2})$/.test(text);
  if (hasOffset) return new Date(text);
  const guess = new Date(`${text.replace(" ", "T")}Z`);
  const first = new Date(guess.getTime() - offsetMinutes(guess, zone) * 60_000);
  // Beside a change of the clock, the offset of the guess may not be that of the moment.
  return new Date(guess.getTime() - offsetMinutes(first, zone) * 60_000);
}
