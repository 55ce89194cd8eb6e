// Node's fetch takes signals of its own kind only, and jsdom puts another kind in their place.
import { transferableAbortController } from 'node:util';

const controller = transferableAbortController();
globalThis.AbortController = controller.constructor;
globalThis.AbortSignal = controller.signal.constructor;
