import { NotebookModel, StaticNotebook, Notebook } from '@jupyterlab/notebook';
import { CodeMirrorEditorFactory, EditorLanguageRegistry } from '@jupyterlab/codemirror';
import { RenderMimeRegistry, standardRendererFactories } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, describe, expect, it } from 'vitest';
import { insertLoadCell, loadCellSource } from '../src/loadcell';

const languages = new EditorLanguageRegistry();
const editors = new CodeMirrorEditorFactory({ languages });
let notebook: Notebook | null = null;

function notebookOf(
  ...cells: [type: 'code' | 'markdown' | 'raw', source: string][]
): Notebook {
  notebook = new Notebook({
    contentFactory: new Notebook.ContentFactory({
      editorFactory: options => editors.newInlineEditor(options)
    }),
    mimeTypeService: {
      getMimeTypeByLanguage: () => 'text/x-python',
      getMimeTypeByFilePath: () => 'text/x-python'
    },
    rendermime: new RenderMimeRegistry({ initialFactories: standardRendererFactories }),
    notebookConfig: { ...StaticNotebook.defaultNotebookConfig, windowingMode: 'none' },
    translator: nullTranslator
  });
  const model = new NotebookModel();
  model.sharedModel.insertCells(
    0,
    cells.map(([cell_type, source]) => ({ cell_type, source }))
  );
  notebook.model = model;
  return notebook;
}

const sources = (of: Notebook) => of.model?.sharedModel.cells.map(cell => cell.getSource());

afterEach(() => {
  notebook?.model?.dispose();
  notebook?.dispose();
  notebook = null;
});

describe('the cell that loads a version', () => {
  it('loads the extension first when no cell does', () => {
    expect(loadCellSource('weather_ds@2', ['import pandas as pd'])).toBe(
      '%load_ext dsnb\ndf = %ds load weather_ds@2'
    );
  });

  it.each(['%load_ext dsnb', 'x = 1\n  %load_ext  dsnb', '%reload_ext dsnb'])(
    'does not when there is %j',
    source => {
      expect(loadCellSource('a@1', [source])).toBe('df = %ds load a@1');
    }
  );

  it.each(['# %load_ext dsnb', '%load_ext dsnbx', 'print("%load_ext dsnb")'])(
    'takes %j for what it is',
    source => {
      expect(loadCellSource('a@1', [source])).toContain('%load_ext dsnb\n');
    }
  );

  it('holds nothing but a reference', () => {
    expect(() => loadCellSource('a@1\nimport os', [])).toThrow(RangeError);
  });
});

describe('inserting it', () => {
  it('puts it below the active cell and makes it the active one', () => {
    const target = notebookOf(
      ['code', '%load_ext dsnb'],
      ['code', 'a = 1'],
      ['code', 'b = 2']
    );
    target.activeCellIndex = 1;
    insertLoadCell(target, 'weather_ds@2');
    expect(sources(target)).toEqual([
      '%load_ext dsnb',
      'a = 1',
      'df = %ds load weather_ds@2',
      'b = 2'
    ]);
    expect(target.activeCellIndex).toBe(2);
  });

  it('makes a code cell, also below text that speaks of the extension', () => {
    const target = notebookOf(['markdown', '%load_ext dsnb']);
    insertLoadCell(target, 'weather_ds@2');
    expect(target.activeCell?.model.type).toBe('code');
    expect(sources(target)?.[1]).toBe('%load_ext dsnb\ndf = %ds load weather_ds@2');
  });

  it('works in an empty notebook', () => {
    const target = notebookOf();
    insertLoadCell(target, 'weather_ds@2');
    expect(sources(target)).toContain('%load_ext dsnb\ndf = %ds load weather_ds@2');
  });
});
