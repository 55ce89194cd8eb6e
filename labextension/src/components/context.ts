import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { PanelModel } from '../model';

/** What every component of the panel may need. */
export interface PanelContextValue {
  readonly model: PanelModel;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

/** Hands the context down. */
export const PanelContext = createContext<PanelContextValue | null>(null);

/** The context. */
export function usePanel(): PanelContextValue {
  const value = useContext(PanelContext);
  if (value === null) {
    throw new Error('A component of the panel is used outside it.');
  }
  return value;
}

/** Render anew whenever the model has something else to show; returns its revision. */
export function useRevision(model: PanelModel): number {
  return useSyncExternalStore(
    listener => {
      model.changed.connect(listener);
      return () => model.changed.disconnect(listener);
    },
    () => model.revision
  );
}

/** Whether a command can be run now. */
export function useEnabled(id: string, args: ReadonlyPartialJSONObject): boolean {
  const { commands } = usePanel();
  return useSyncExternalStore(
    listener => {
      commands.commandChanged.connect(listener);
      return () => commands.commandChanged.disconnect(listener);
    },
    () => commands.hasCommand(id) && commands.isEnabled(id, args)
  );
}
