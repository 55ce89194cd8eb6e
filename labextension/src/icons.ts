import { LabIcon } from '@jupyterlab/ui-components';
import datasets from '../style/icons/datasets.svg';

/** The panel's icon: disks on a pile. */
export const datasetsIcon = new LabIcon({ name: 'dsnb:datasets', svgstr: datasets });
