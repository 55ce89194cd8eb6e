import type { TranslationBundle } from '@jupyterlab/translation';

/** A whole number with thousands separators. */
export function numberText(count: number): string {
  return count.toLocaleString('en-US');
}

/** A number of bytes with its unit, as `81.2 kB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) {
    return `${bytes} B`;
  }
  let amount = bytes / 1000;
  let unit = 'kB';
  for (const next of ['MB', 'GB', 'TB']) {
    if (amount < 999.95) {
      break;
    }
    amount /= 1000;
    unit = next;
  }
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${amount.toLocaleString('en-US', digits)} ${unit}`;
}

/** How long ago a moment was, as `3 days ago`. */
export function agoText(
  trans: TranslationBundle,
  moment: string,
  present: number = Date.now()
): string {
  const minutes = Math.floor((present - Date.parse(moment)) / 60_000);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days >= 365) {
    return trans._n('%1 year ago', '%1 years ago', Math.floor(days / 365));
  }
  if (days >= 30) {
    return trans._n('%1 month ago', '%1 months ago', Math.floor(days / 30));
  }
  if (days >= 1) {
    return trans._n('%1 day ago', '%1 days ago', days);
  }
  if (hours >= 1) {
    return trans.__('%1 h ago', hours);
  }
  return minutes >= 1 ? trans.__('%1 min ago', minutes) : trans.__('just now');
}

/** How long something took, as `3 min 20 s`. */
export function durationText(
  trans: TranslationBundle,
  began: string,
  ended: string
): string {
  const seconds = Math.max(0, (Date.parse(ended) - Date.parse(began)) / 1000);
  const whole = Math.round(seconds);
  if (whole < 60) {
    return trans.__('%1 s', seconds < 10 ? seconds.toFixed(1) : whole);
  }
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? trans.__('%1 min %2 s', minutes, whole % 60)
    : trans.__('%1 h %2 min', numberText(Math.floor(minutes / 60)), minutes % 60);
}

/** A moment to the second in local time, with its zone. */
export function exactText(moment: string): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime())
    ? moment
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });
}
