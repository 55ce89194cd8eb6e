// Generated from dsnb/server/openapi.yaml by `jlpm types`; edit the contract instead.

export interface paths {
    "/workspace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The workspace of a folder, and the version of the server half. */
        get: operations["getWorkspace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers as soon as the workspace's state is another than the one named, or after some seconds. Where there is no workspace yet, it answers when there is one. */
        get: operations["waitForChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The datasets by name, each by its latest version; models are left out. */
        get: operations["listDatasets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The models by name, each by its latest version. */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The versions of a dataset or a model, newest first. */
        get: operations["listVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}/versions/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything about a version, its state on disk included. */
        get: operations["getVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}/versions/{number}/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the table of a version holds, column by column. It is computed once for each content; who asks while it is being computed waits for that. */
        get: operations["getProfile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The runs, newest first. */
        get: operations["listRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything about a run. The lines that register its files are for a notebook in the folder of `path`. */
        get: operations["getRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/lock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the file of a notebook shall say of the versions that its kernel's runs read and made. */
        get: operations["getLock"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Error: {
            /** @description Name of the error's class, or of the HTTP status where the Jupyter server itself refused. */
            kind: string;
            message: string;
            /** @description What to do next. */
            hint: string;
        };
        State: {
            /** @description Another text whenever registry or runs changed. */
            state: string;
        };
        Workspace: {
            /** @description Version of the server half. */
            server: string;
            /** @description Whether the folder lies in a workspace that this server shows. Otherwise the routes other than this one and `/changes` answer 404. */
            exists: boolean;
            /** @description The workspace's folder, or the one where the first register would make it: below the server's root as the contents API names it (empty is the root itself), absolute when it encloses the root. */
            folder: string;
            /** @description The folder's own name, also when it is the server's root. */
            name: string;
            state: string;
            /** @description Number of datasets. */
            datasets: number;
            /** @description Number of models. */
            models: number;
        };
        Version: {
            /** @description Canonical reference such as weather_ds@2. */
            ref: string;
            name: string;
            version: number;
            id: string;
            description: string;
            /** Format: date-time */
            created: string;
            creator: string;
            /** @enum {string} */
            kind: "tabular" | "file" | "model";
            format: string | null;
            rows: number | null;
            /** @description Number of columns. */
            columns: number | null;
            /** @description Number of files. */
            files: number;
            /** @description Bytes. */
            size: number;
            digest: string;
            tags: {
                [key: string]: string;
            };
            aliases: string[];
            latest: boolean;
            /** @description Whether the workspace keeps its bytes in a snapshot. */
            kept: boolean;
            /** @description Why it should not be used any more, which may be empty; null when it may be used. */
            deprecated: string | null;
            /** @description In a list, of a model only: the first versions that it was trained on. */
            data?: components["schemas"]["Relative"][];
            /** @description In a list, of a model only: number of versions that it was trained on. */
            data_total?: number;
            /** @description In a list, of a model only: the run that made it. */
            made_by?: components["schemas"]["Reader"] | null;
        };
        /** @description A version that another was made from, or that was made from it. */
        Relative: {
            ref: string;
            /**
             * @description Null when it is not here any more.
             * @enum {string|null}
             */
            kind: "tabular" | "file" | "model" | null;
            /** @description What a model used it for, such as `training data`; empty for none. */
            role: string;
            /** @description Whether it is not recorded, but the run that made the newer one had read the older one by then. */
            likely: boolean;
        };
        Dataset: {
            name: string;
            /** @description Number of versions. */
            versions: number;
            latest: components["schemas"]["Version"];
        };
        DatasetPage: {
            total: number;
            offset: number;
            /** @description As many as were asked for, or as fit: the next page starts at offset + the number of items. */
            items: components["schemas"]["Dataset"][];
        };
        VersionPage: {
            total: number;
            offset: number;
            /** @description As many as were asked for, or as fit: the next page starts at offset + the number of items. */
            items: components["schemas"]["Version"][];
        };
        VersionDetails: {
            version: components["schemas"]["Version"];
            key: string[];
            /** @description The first 200 columns. */
            schema: components["schemas"]["Column"][];
            paths: string[];
            /** @description The first 100 files. */
            file_list: components["schemas"]["File"][];
            drift: components["schemas"]["Drift"];
            /** @description Reference of the latest version when this one is older. */
            newer: string | null;
            /** @description The run that made it. */
            run: components["schemas"]["Reader"] | null;
            /** @description Whether dsnb itself wrote its files, from a table in memory. */
            from_memory: boolean;
            /** @description The first 20 runs that read it, newest first. */
            readers: components["schemas"]["Reader"][];
            /** @description Number of runs that read it. */
            readers_total: number;
            /** @description The first 50 versions that it was made from, or trained on. */
            parents: components["schemas"]["Relative"][];
            /** @description Number of those. */
            parents_total: number;
            /** @description The first 50 versions that were made from it, and models that were trained on it, newest first. */
            made: components["schemas"]["Relative"][];
            /** @description Number of those. */
            made_total: number;
        };
        VersionProfile: {
            profile: components["schemas"]["Profile"] | null;
            /** @description Why there is no profile; empty where there is one, or where the version is no table. */
            why: string;
            /** @description Whether it is only not here because computing it takes long. */
            computable: boolean;
        };
        Profile: {
            rows: number;
            /** @description The first 200 columns. */
            columns: components["schemas"]["ColumnProfile"][];
            /** @description Number of columns. */
            columns_total: number;
            /** @description What a reader must know of the figures, such as that some are estimated. */
            notes: string[];
        };
        ColumnProfile: {
            name: string;
            type: string;
            /** @description The share of missing cells; empty where none is missing. */
            missing: string;
            /** @description Number of different values, with ≈ where it is estimated. */
            distinct: string;
            /** @description The smallest value, the median and the largest, or the commonest texts with their shares. */
            range: string;
            /** @description Mean and standard deviation of numbers. */
            mean: string;
            /** @description The histogram's counts, or those of the commonest texts and of all others. */
            bars: number[];
            /** @description What the histogram shows in words; empty where there is none. */
            picture: string;
        };
        /** @description What leads to a run. */
        Reader: {
            id: string;
            name: string;
            /** Format: date-time */
            started: string;
        };
        Column: {
            name: string;
            type: string;
        };
        File: {
            path: string;
            size: number;
            hash: string;
        };
        Drift: {
            /** @description Number of files that changed or vanished. */
            drifted: number;
            /** @description Number of those that vanished. */
            missing: number;
            /** @description Number of files outside the workspace that are not looked at before this user loads or verifies them once. */
            unseen: number;
            files: number;
            /** @description Number of new files beside it. */
            news: number;
            /** @description The first few in words. */
            what: string[];
        };
        Use: {
            /** @description The version's reference now, or as it was recorded when it was deleted. */
            ref: string;
            /**
             * @description Null when it was deleted.
             * @enum {string|null}
             */
            kind: "tabular" | "file" | "model" | null;
            /** @description Whether the version was deleted. */
            deleted: boolean;
            /** @enum {string} */
            how: "load" | "trace" | "register";
            /** @description Execution counts of the cells that used it, the last 50. */
            cells: number[];
            /** @description What the code of a script or step calls it, where it was given to it; else empty. */
            called?: string;
        };
        Run: {
            id: string;
            name: string;
            status: components["schemas"]["Status"];
            /**
             * @description How it was carried out: a cell is one that is a step; null for a session.
             * @enum {string|null}
             */
            job: "script" | "pipeline" | "step" | "cell" | null;
            /** @description How its last cell failed. */
            failure: components["schemas"]["Failure"] | null;
            /** @description Empty for none. */
            experiment: string;
            /** @description Below the server's root where it lies there, else its file name alone. */
            notebook: string | null;
            kernel: string | null;
            /** Format: date-time */
            started: string;
            /** Format: date-time */
            ended: string | null;
            user: string;
            commit: string | null;
            branch: string | null;
            dirty: boolean;
            tags: {
                [key: string]: string;
            };
            /** @description The first 200. */
            inputs: components["schemas"]["Use"][];
            /** @description The first 200. */
            outputs: components["schemas"]["Use"][];
            /** @description Number of distinct versions read. */
            inputs_total?: number;
            /** @description Number of distinct versions made. */
            outputs_total?: number;
        };
        /**
         * @description Somebody ended what was canceled; the process of what was interrupted is gone.
         * @enum {string}
         */
        Status: "running" | "completed" | "failed" | "canceled" | "interrupted";
        Failure: {
            /** @description Name of the error's class. */
            error: string;
            /** @description Execution count of the cell, null outside a notebook. */
            cell: number | null;
        };
        RunDetails: {
            run: components["schemas"]["Run"];
            /** @description Name of the machine. */
            host: string;
            /** @description BLAKE3 of the notebook's file. */
            notebook_digest: string | null;
            /** @description The first 100. */
            metrics: components["schemas"]["Metric"][];
            metrics_total: number;
            /** @description The first 50, newest first. */
            notes: components["schemas"]["Note"][];
            notes_total: number;
            /** @description Versions of Python and of the libraries that shape the results. */
            packages: {
                [key: string]: string;
            };
            /** @description Inputs that have a newer version. */
            stale: components["schemas"]["Stale"][];
            /** @description The first 100 files that it read and that still no version holds. */
            untracked: components["schemas"]["Unregistered"][];
            untracked_total: number;
            /** @description The first 100 files that it wrote and that still no version holds. */
            written: components["schemas"]["Unregistered"][];
            written_total: number;
            /** @description The run that it is a part of. */
            parent: components["schemas"]["Reader"] | null;
            /** @description Its own parts, the first 100 in the order in which they began. */
            children: components["schemas"]["ChildRun"][];
            children_total: number;
            /** @description Null for a session. */
            job: components["schemas"]["Job"] | null;
        };
        ChildRun: {
            id: string;
            name: string;
            /** Format: date-time */
            started: string;
            status: components["schemas"]["Status"];
        };
        Job: {
            /** @description The script and its arguments, the first 100; empty where there is none. */
            command: string[];
            exit_code: number | null;
            /** @description Id of the run whose outputs were taken instead of doing the same again. */
            reused: string | null;
            /** @description What was asked for that this machine does not do. */
            settings: {
                [key: string]: string;
            };
        };
        Metric: {
            name: string;
            /** @description The last one. */
            value: string;
            /** @description How often it was recorded. */
            count: number;
        };
        Note: {
            text: string;
            /** Format: date-time */
            at: string;
        };
        Stale: {
            ref: string;
            /** @description Reference of the newest version. */
            newer: string;
            /** @description The cells that read it and were not run again since with another one, the last 50. */
            cells: number[];
        };
        Unregistered: {
            path: string;
            /** @description Execution counts of the cells, the last 50. */
            cells: number[];
            /** @description The line that registers it, without `%ds`; empty where none can be typed safely. */
            register: string;
        };
        RunPage: {
            total: number;
            offset: number;
            /** @description As many as were asked for, or as fit: the next page starts at offset + the number of items. */
            items: components["schemas"]["Run"][];
        };
        LockAnswer: {
            /** @description Whether notebooks of this workspace shall hold a lock: its setting `notebook.lock`. */
            enabled: boolean;
            lock: components["schemas"]["Lock"];
        };
        /** @description The metadata `dsnb` of a notebook, see docs/notebook-lock.md: the same for the same versions, whenever they are used. Of a kernel that has used none it is empty. */
        Lock: {
            /** @constant */
            schema: 1;
            /** @description By name and number. */
            inputs: components["schemas"]["Locked"][];
            /** @description By name and number. */
            outputs: components["schemas"]["Locked"][];
            /** @description Number of further versions that had no room; missing where all have. */
            left_out?: number;
        };
        Locked: {
            /** @description The dataset's name when it was used. */
            name: string;
            version: number;
            /** @description Digest of the content, 64 hexadecimal digits. */
            digest: string;
            /** @description How it was used, sorted. */
            how: ("load" | "register" | "trace")[];
        };
    };
    responses: {
        /** @description 400 for a request that makes no sense, 403 without authentication, 404 for what is not there or was deleted (and for a page of another origin), 405 for anything but GET, 409 for a registry that cannot be read. */
        Error: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: {
        /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
        path: string;
        name: string;
        offset: number;
        limit: number;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getWorkspace: {
        parameters: {
            query?: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workspace. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workspace"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    waitForChanges: {
        parameters: {
            query: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
                /** @description The `state` that the client knows. */
                state: string;
                /** @description Seconds to wait at most. */
                wait?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The present state. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["State"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    listDatasets: {
        parameters: {
            query?: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
                /** @description A part of the name, in any case. */
                search?: string;
                offset?: components["parameters"]["offset"];
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of datasets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetPage"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    listModels: {
        parameters: {
            query?: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
                /** @description A part of the name, in any case. */
                search?: string;
                offset?: components["parameters"]["offset"];
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of models. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetPage"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    listVersions: {
        parameters: {
            query?: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
                offset?: components["parameters"]["offset"];
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path: {
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of versions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionPage"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    getVersion: {
        parameters: {
            query?: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
            };
            header?: never;
            path: {
                name: components["parameters"]["name"];
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The version. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionDetails"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    getProfile: {
        parameters: {
            query?: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
                /** @description What it may cost. `little` looks in the cache and computes what takes about a second, `any` computes all. */
                effort?: "little" | "any";
            };
            header?: never;
            path: {
                name: components["parameters"]["name"];
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The profile. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionProfile"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
                /** @description Only the sessions of this kernel, without what they carried out as runs of its own. */
                kernel?: string;
                offset?: components["parameters"]["offset"];
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of runs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunPage"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    getRun: {
        parameters: {
            query?: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetails"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    getLock: {
        parameters: {
            query: {
                /** @description A folder below the server's root, as the contents API names it; empty is the root. No drive, no leading slash, no `..`. */
                path?: components["parameters"]["path"];
                /** @description The notebook's kernel. */
                kernel: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lock. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LockAnswer"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
}
