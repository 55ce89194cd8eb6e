import { NotebookModel, StaticNotebook, Notebook } from '@jupyterlab/notebook';
import { CodeMirrorEditorFactory, EditorLanguageRegistry } from '@jupyterlab/codemirror';
import { RenderMimeRegistry, standardRendererFactories } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, describe, expect, it } from 'vitest';
import { cellSource, insertCell, loadLine, registerLine, restoreLine } from '../src/cells';
import type { VersionDetails } from '../src/records';
import { drift, version } from './workspace';

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

describe('the line that loads a version', () => {
  it('holds nothing but a reference', () => {
    expect(loadLine('weather_ds@2')).toBe('df = %ds load weather_ds@2');
    expect(() => loadLine('a@1\nimport os')).toThrow(RangeError);
  });
});

describe('the line that loads a model', () => {
  it('gives its files, and holds nothing but a reference', () => {
    expect(loadLine('temp@2', true)).toBe('paths = %ds load temp@2');
    expect(() => loadLine('a@1\nimport os', true)).toThrow(RangeError);
  });
});

describe('the line that registers a file', () => {
  it('is one line for dsnb', () => {
    expect(registerLine('register a data/a.csv')).toBe('%ds register a data/a.csv');
    expect(registerLine('model register m "my model.bin"')).toBe(
      '%ds model register m "my model.bin"'
    );
    expect(registerLine('register w "温度/a (1).csv" --sep ";"')).not.toBeNull();
  });

  it.each([
    '',
    'register',
    'register ',
    'delete a',
    'register --x a',
    'register a b\nimport os',
    'register a b\rimport os',
    'register a b\u2028import os',
    'register a {os.system(1)}',
    'register a $HOME',
    'register a `id`',
    "register a 'b'",
    'register a \u202eb',
    'x; register a b',
    '\nregister a b'
  ])('is none where it could be more: %j', said => {
    expect(registerLine(said)).toBeNull();
  });
});

describe('the line that restores a version', () => {
  const restored = (
    said: Partial<VersionDetails['drift']>,
    kept = true,
    ref = 'weather_ds@1'
  ) =>
    restoreLine({
      version: version({ kept, ref }),
      drift: drift(said)
    } as VersionDetails);

  it('writes over files only where some hold something else', () => {
    expect(restored({ drifted: 2, missing: 2 })).toBe('%ds restore weather_ds@1');
    expect(restored({ drifted: 2, missing: 1 })).toBe(
      '%ds restore weather_ds@1 --overwrite'
    );
  });

  it('is none where nothing drifted, or nothing is kept', () => {
    expect(restored({ unseen: 2 })).toBeNull();
    expect(restored({ drifted: 1 }, false)).toBeNull();
  });

  it('holds nothing but a reference', () => {
    expect(restored({ drifted: 1 }, true, 'a@1\nimport os')).toBeNull();
  });
});

describe('a cell for dsnb', () => {
  it('loads the extension first when no cell does', () => {
    expect(cellSource('%ds list', ['import pandas as pd'])).toBe(
      '%load_ext dsnb\n%ds list'
    );
  });

  it.each(['%load_ext dsnb', 'x = 1\n  %load_ext  dsnb', '%reload_ext dsnb'])(
    'does not when there is %j',
    source => {
      expect(cellSource('%ds list', [source])).toBe('%ds list');
    }
  );

  it.each(['# %load_ext dsnb', '%load_ext dsnbx', 'print("%load_ext dsnb")'])(
    'takes %j for what it is',
    source => {
      expect(cellSource('%ds list', [source])).toContain('%load_ext dsnb\n');
    }
  );
});

describe('inserting it', () => {
  it('puts it below the active cell and makes it the active one', () => {
    const target = notebookOf(
      ['code', '%load_ext dsnb'],
      ['code', 'a = 1'],
      ['code', 'b = 2']
    );
    target.activeCellIndex = 1;
    insertCell(target, '%ds list');
    expect(sources(target)).toEqual(['%load_ext dsnb', 'a = 1', '%ds list', 'b = 2']);
    expect(target.activeCellIndex).toBe(2);
  });

  it('makes a code cell, also below text that speaks of the extension', () => {
    const target = notebookOf(['markdown', '%load_ext dsnb']);
    insertCell(target, '%ds list');
    expect(target.activeCell?.model.type).toBe('code');
    expect(sources(target)?.[1]).toBe('%load_ext dsnb\n%ds list');
  });

  it('works in an empty notebook', () => {
    const target = notebookOf();
    insertCell(target, '%ds list');
    expect(sources(target)).toContain('%load_ext dsnb\n%ds list');
  });
});
