import { cleanup } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

// jsdom lays nothing out: give the windowed lists a window, and their lines a height.
Object.defineProperties(HTMLElement.prototype, {
  clientHeight: { configurable: true, get: () => 520 },
  clientWidth: { configurable: true, get: () => 280 },
  offsetHeight: { configurable: true, get: () => 112 }
});

class NoObserver {
  observe(): void {
    /* sizes never change here */
  }
  unobserve(): void {
    /* nothing is observed */
  }
  disconnect(): void {
    /* nothing is observed */
  }
}
vi.stubGlobal('ResizeObserver', NoObserver);
vi.stubGlobal('IntersectionObserver', NoObserver);
Element.prototype.scrollTo = function scrollTo(this: Element, options?: unknown) {
  this.scrollTop = (options as ScrollToOptions | undefined)?.top ?? 0;
  this.dispatchEvent(new Event('scroll'));
};
vi.stubGlobal('matchMedia', () => ({
  matches: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined
}));
// The editor asks for these as soon as it is loaded.
vi.stubGlobal('DragEvent', class extends Event {});
// eslint-disable-next-line @typescript-eslint/no-deprecated -- its users still ask
document.queryCommandSupported = () => false;

afterEach(cleanup);
