//! TypeScript and JavaScript across files. `⟪name⟫` is what is asked about, `⟦name⟧` are all of its
//! references; from each of these, the definition leads back.

mod marked;

use marked::check;

#[test]
fn names_go_through_imports_and_re_exports() {
    check(&[
        (
            "src/shapes.ts",
            "export function ⟪area⟫(x: number) { return x; }\nexport const other = ⟦area⟧(1);",
        ),
        (
            "src/index.ts",
            "export * from './shapes';\nexport { ⟦area⟧ as size } from './shapes.js';",
        ),
        (
            "app.ts",
            "import { ⟦area⟧ } from './src';\n⟦area⟧(2); function area2(area: number) { return area; }",
        ),
        (
            "all.ts",
            "import * as shapes from './src/shapes';\nshapes.⟦area⟧(3);\nconst { ⟦area⟧: mine } = shapes;",
        ),
        ("lazy.ts", "async function f() { const { ⟦area⟧ } = await import('./src'); }"),
        ("old.js", "const { ⟦area⟧ } = require('./src');\n⟦area⟧(5);"),
    ]);
}

#[test]
fn a_default_export_has_the_names_that_importers_give_it() {
    check(&[
        ("user.ts", "export default class ⟪User⟫ { static make() { return new ⟦User⟧(); } }"),
        ("a.ts", "import ⟦Person⟧ from './user';\nconst p: ⟦Person⟧ = new ⟦Person⟧();"),
        ("b.ts", "export { default as ⟦Somebody⟧ } from './user';"),
        ("c.ts", "import { ⟦Somebody⟧ } from './b';\n⟦Somebody⟧.make();"),
    ]);
}

#[test]
fn members_are_found_through_declared_and_inferred_types() {
    check(&[
        (
            "store.ts",
            "export interface Item { ⟪price⟫: number }
             export class Store {
               items: Item[] = [];
               byName = new Map<string, Item>();
               index: { [name: string]: Item } = {};
               first() { return this.items[0]; }
               async load(): Promise<Item> { return { ⟦price⟧: 1 }; }
             }",
        ),
        (
            "use.ts",
            "import { Store, type Item } from './store';
             const store = new Store();
             store.first().⟦price⟧;
             store.items.map(item => item.⟦price⟧).filter(Boolean);
             store.items.filter(it => it.⟦price⟧ > 1).find(Boolean)!.⟦price⟧;
             store.byName.get('x')?.⟦price⟧;
             store.byName.forEach(it => it.⟦price⟧);
             for (const [name, it] of store.byName) it.⟦price⟧;
             store.index['x'].⟦price⟧ + store.index.y.⟦price⟧;
             for (const { ⟦price⟧ } of store.items) price;
             store.load().then(it => it.⟦price⟧);
             async function f() { (await store.load()).⟦price⟧; }
             const [a, b] = await Promise.all([store.load(), 1]); a.⟦price⟧;
             function g(it: Partial<Item>, key: Item['⟦price⟧']) { it.⟦price⟧ = key; }
             const other: { price: number } = { price: 2 }; other.price;
             store.items.push({ ⟦price⟧: 3 });
             const record: Record<string, Item> = {}; record.x.⟦price⟧; Object.values(record)[0].⟦price⟧;",
        ),
    ]);
}

#[test]
fn type_parameters_are_what_arguments_tell() {
    check(&[(
        "a.ts",
        "class Cat { ⟪purr⟫() {} }
         class Box<T> { constructor(readonly held: T) {} map<U>(f: (it: T) => U): Box<U> { return new Box(f(this.held)); } }
         function same<T>(it: T): T { return it; }
         function each<T>(list: T[], visit: (it: T) => void) {}
         function pick<T extends Cat>(it: T) { it.⟦purr⟧(); return it; }
         same(new Cat()).⟦purr⟧();
         each([new Cat()], it => it.⟦purr⟧());
         new Box(new Cat()).held.⟦purr⟧();
         new Box<Cat>(null!).map(it => it).held.⟦purr⟧();
         new Box(1).map(() => new Cat()).held.⟦purr⟧();
         type Wrapped<T> = { [K in keyof T]: T[K] };
         declare const wrapped: Wrapped<Cat>; wrapped.⟦purr⟧();
         type Handler<E> = (event: E) => void;
         const handler: Handler<Cat> = event => event.⟦purr⟧();",
    )]);
}

#[test]
fn literals_and_callbacks_are_typed_by_their_place() {
    check(&[
        (
            "options.ts",
            "export interface Options { ⟪depth⟫?: number; nested?: Options; onDone?(o: Options): void }\nexport function run(options: Options, ...more: Options[]) { options.⟦depth⟧; }",
        ),
        (
            "a.ts",
            "import { run, type Options } from './options';
             run({ ⟦depth⟧: 1, nested: { ⟦depth⟧: 2 } }, { ⟦depth⟧: 3 }, { ⟦depth⟧: 4 });
             run({ onDone(o) { o.⟦depth⟧; } });
             run({ onDone: o => o.⟦depth⟧ });
             const one = { ⟦depth⟧: 1 } as Options;
             const two = { ⟦depth⟧: 2 } satisfies Options;
             const make = (): Options => ({ ⟦depth⟧: 5 });
             function defaults({ ⟦depth⟧ = 1 }: Options = { ⟦depth⟧: 2 }) { return depth; }
             external({ depth: 6 });",
        ),
    ]);
}

#[test]
fn conditions_tell_types() {
    check(&[(
        "a.ts",
        "class Cat { ⟪purr⟫() {} }
         class Dog { purr() {} }
         function isCat(it: unknown): it is Cat { return it instanceof Cat; }
         function f(it: unknown, other: Dog | Cat, third: any) {
           if (it instanceof Cat) it.⟦purr⟧();
           if (isCat(it) && it.⟦purr⟧) {}
           if (!(third instanceof Cat)) { return; }
           third.⟦purr⟧();
         }
         function g(other: Dog | Cat) { if (other instanceof Dog) other.purr(); }",
    )]);
}

#[test]
fn a_member_is_one_with_what_it_overrides() {
    check(&[
        (
            "base.ts",
            "export interface Shape { ⟪draw⟫(): void }\nexport abstract class Base implements Shape { abstract ⟪draw⟫(): void; twice() { this.⟦draw⟧(); } }",
        ),
        (
            "round.ts",
            "import { Base } from './base';\nexport class Round extends Base { ⟪draw⟫() { super.⟦draw⟧(); } }",
        ),
        (
            "use.ts",
            "import { Round } from './round';\nimport type { Shape } from './base';\nnew Round().⟦draw⟧(); declare const s: Shape; s.⟦draw⟧();\nclass Other { draw() {} } new Other().draw();",
        ),
    ]);
}

#[test]
fn object_literals_have_members() {
    check(&[
        (
            "config.ts",
            "export const config = { server: { ⟪port⟫: 1, host: 'x' }, start() { return this.server.⟦port⟧; } } as const;",
        ),
        (
            "a.ts",
            "import { config } from './config';\nconfig.server.⟦port⟧;\nconst { server: { ⟦port⟧ } } = config;\nconst copy = { ...config }; copy.server.⟦port⟧;",
        ),
    ]);
    check(&[(
        "use.ts",
        "export function useCounter() { const ⟪count⟫ = 1; return { total: ⟦count⟧ }; }",
    )]);
    check(&[(
        "use.ts",
        "function useCounter() { return { ⟪total⟫: 1 }; }\nuseCounter().⟦total⟧; const { ⟦total⟧: t } = useCounter();",
    )]);
}

#[test]
fn components_take_attributes() {
    check(&[
        (
            "Button.tsx",
            "import React from 'react';\ninterface Props { ⟪label⟫: string }\nexport function Button({ ⟦label⟧ }: Props) { return <b>{label}</b>; }\nexport const Arrow: React.FC<Props> = ({ ⟦label⟧ }) => <i>{label}</i>;\nexport class Old extends React.Component<Props> { render() { return this.props.⟦label⟧; } }",
        ),
        (
            "App.tsx",
            "import { Button, Arrow, Old } from './Button';\nconst a = <Button ⟦label⟧='x' />, b = <Arrow ⟦label⟧='y'></Arrow>, c = <Old ⟦label⟧='z' />, d = <div label='n' />;",
        ),
    ]);
}

#[test]
fn packages_and_paths_of_the_workspace_are_found() {
    check(&[
        ("tsconfig.json", r#"{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }"#),
        (
            "packages/core/package.json",
            r#"{ "name": "@my/core", "exports": { ".": "./dist/index.js" } }"#,
        ),
        ("packages/core/src/index.ts", "export const ⟪answer⟫ = 42;"),
        ("src/a.ts", "export { ⟦answer⟧ } from '@my/core';"),
        ("src/deep/b.ts", "import { ⟦answer⟧ } from '~/a';\nconsole.log(⟦answer⟧);"),
    ]);
}

#[test]
fn commonjs_exports_and_older_classes_work() {
    check(&[
        (
            "store.js",
            "function Store() { this.items = []; }\nStore.prototype.⟪find⟫ = function () { return this.items; };\nStore.prototype.both = function () { return this.⟦find⟧(); };\nmodule.exports = Store;",
        ),
        ("a.js", "const Store = require('./store');\nconst store = new Store();\nstore.⟦find⟧();"),
    ]);
    check(&[
        ("lib.js", "exports.⟪open⟫ = function (path) {};\nexports.close = () => exports.⟦open⟧();"),
        (
            "a.js",
            "const lib = require('./lib');\nlib.⟦open⟧('x');\nconst { ⟦open⟧ } = require('./lib');",
        ),
        ("b.mjs", "import lib, { ⟦open⟧ } from './lib.js';\n⟦open⟧();"),
    ]);
}

#[test]
fn globals_are_seen_everywhere() {
    check(&[
        ("types/global.d.ts", "declare const ⟪VERSION⟫: string;"),
        ("a.ts", "console.log(⟦VERSION⟧);\nexport {};"),
        ("b.ts", "const VERSION = 1;\nconsole.log(VERSION);\nexport {};"),
    ]);
}
