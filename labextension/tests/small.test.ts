import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { parseReference } from '../src/records';
import { agoText, numberText, sizeText } from '../src/units';
import { sameVersion } from '../src/versions';

describe('units', () => {
  it('have thousands separators and stay below a thousand', () => {
    expect(numberText(1006)).toBe('1,006');
    expect([940, 81_200, 999_960, 2_000_000_000].map(sizeText)).toEqual([
      '940 B',
      '81.2 kB',
      '1.0 MB',
      '2.0 GB'
    ]);
  });

  it('tell how long ago a moment was', () => {
    const trans = nullTranslator.load('dsnb');
    const at = (seconds: number) =>
      agoText(
        trans,
        '2026-11-01T00:00:00Z',
        Date.parse('2026-11-01T00:00:00Z') + seconds * 1000
      );
    expect([-5, 5, 60, 7200, 3 * 86_400, 70 * 86_400, 800 * 86_400].map(at)).toEqual([
      'just now',
      'just now',
      '1 min ago',
      '2 h ago',
      '3 days ago',
      '2 months ago',
      '2 years ago'
    ]);
  });
});

describe('versions of the two halves', () => {
  it.each([
    ['0.1.0', '0.1.0', true],
    ['1.2.0a1', '1.2.0-alpha.1', true],
    ['1.2.0.dev3', '1.2.0-dev.3', true],
    ['1.2.0+local', '1.2.0', true],
    ['1.2.0', '1.3.0', false],
    ['1.2.0a1', '1.2.0', false]
  ])('%s and %s: %s', (python, npm, same) => {
    expect(sameVersion(python, npm)).toBe(same);
  });
});

describe('a reference', () => {
  it('is a name and a number, and nothing else', () => {
    expect(parseReference('weather_ds@2')).toEqual({ name: 'weather_ds', version: 2 });
    for (const text of [
      'a@0',
      'a',
      'a@x',
      '@1',
      'a b@1',
      'a@1\nimport os',
      '<img>@1',
      'a@1@2'
    ]) {
      expect(parseReference(text)).toBeNull();
    }
  });
});
