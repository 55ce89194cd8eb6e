import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { ReactElement } from 'react';
import type { KernelRun } from './kernelrun';
import type { Run } from './records';

/** The status bar item: what the active notebook's run read and made. */
export class RunStatus extends ReactWidget {
  /**
   * @param model - The active notebook's run.
   * @param open - Opens a run in the side panel.
   * @param trans - Its language.
   */
  constructor(
    private readonly model: KernelRun,
    private readonly open: (id: string) => void,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('dsnb-Status');
  }

  protected override render(): ReactElement {
    const { model, open, trans } = this;
    return (
      <UseSignal signal={model.changed}>
        {() =>
          model.run && (
            <button
              type="button"
              className="dsnb-Status-button"
              title={trans.__('Show this notebook’s run in the side panel')}
              onClick={() => model.run && open(model.run.id)}
            >
              {runText(trans, model.run)}
            </button>
          )
        }
      </UseSignal>
    );
  }
}

/** A run in a few words, as `Run: 2 inputs, 1 output`. */
export function runText(trans: TranslationBundle, run: Run): string {
  return trans.__(
    'Run: %1, %2',
    trans._n('%1 input', '%1 inputs', run.inputs_total ?? run.inputs.length),
    trans._n('%1 output', '%1 outputs', run.outputs_total ?? run.outputs.length)
  );
}
