import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import type { ReactElement } from 'react';
import { Panel } from './components/panel';
import { PanelContext } from './components/context';
import { datasetsIcon } from './icons';
import type { PanelModel } from './model';

/** The side panel; tells its model when it can be seen. */
export class DatasetsPanel extends ReactWidget {
  /**
   * @param model - What it shows.
   * @param commands - What its buttons do.
   * @param trans - Its language.
   */
  constructor(
    private readonly model: PanelModel,
    private readonly commands: CommandRegistry,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.id = 'dsnb-datasets';
    this.addClass('dsnb-Panel');
    this.title.icon = datasetsIcon;
    this.title.caption = trans.__('Datasets');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Datasets'));
  }

  /** Stop with the model. */
  override dispose(): void {
    document.removeEventListener('visibilitychange', this.look);
    this.model.setVisible(false);
    super.dispose();
  }

  protected override render(): ReactElement {
    const { model, commands, trans } = this;
    return (
      <PanelContext.Provider value={{ model, commands, trans }}>
        <Panel />
      </PanelContext.Provider>
    );
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    document.addEventListener('visibilitychange', this.look);
    this.look();
  }

  protected override onBeforeDetach(message: Message): void {
    document.removeEventListener('visibilitychange', this.look);
    this.model.setVisible(false);
    super.onBeforeDetach(message);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.look();
  }

  protected override onBeforeHide(message: Message): void {
    super.onBeforeHide(message);
    this.model.setVisible(false);
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    const search = this.node.querySelector<HTMLElement>('input[type=search]:enabled');
    (
      search ?? this.node.querySelector<HTMLElement>('[role=tab][aria-selected=true]')
    )?.focus();
  }

  private readonly look = (): void =>
    this.model.setVisible(this.isVisible && document.visibilityState === 'visible');
}
