//! The edges of small trees of each language, all of them.

use super::world::expect;

#[test]
fn python() {
    expect(
        &[
            ("pkg/__init__.py", "from .base import Base\n"),
            (
                "pkg/base.py",
                "import os.path\n\nLIMIT = 3\n\nclass Base:\n    def save(self):\n        return \
                 LIMIT\n\n    def run(self):\n        self.save()\n        os.path.join('a')\n",
            ),
            (
                "pkg/child.py",
                "from pkg import Base\n\nclass Child(Base):\n    def save(self):\n        inner = \
                 helper\n        def local(): return inner()\n        return local()\n\ndef helper(): \
                 return Child()\n\nhelper()\n",
            ),
            (
                "tests/test_child.py",
                "from pkg.child import Child\n\ndef test_it():\n    Child().save()\n",
            ),
        ],
        &[
            "pkg/__init__.py imports pkg/base.py",
            "pkg/__init__.py imports pkg/base.py#Base",
            "pkg/base.py imports package:os",
            "pkg/base.py#Base.save references pkg/base.py#LIMIT",
            "pkg/base.py#Base.run calls pkg/base.py#Base.save",
            "pkg/child.py imports pkg/__init__.py",
            "pkg/child.py imports pkg/base.py#Base",
            "pkg/child.py#Child inherits pkg/base.py#Base",
            "pkg/child.py#Child.save inherits pkg/base.py#Base.save",
            "pkg/child.py#Child.save references pkg/child.py#helper",
            "pkg/child.py#helper calls pkg/child.py#Child",
            "pkg/child.py calls pkg/child.py#helper",
            "tests/test_child.py imports pkg/child.py",
            "tests/test_child.py imports pkg/child.py#Child",
            "tests/test_child.py tests pkg/child.py",
            "tests/test_child.py tests pkg/child.py#Child",
            "tests/test_child.py#test_it calls pkg/child.py#Child",
            "tests/test_child.py#test_it calls pkg/child.py#Child.save",
            "tests/test_child.py#test_it tests pkg/child.py#Child",
            "tests/test_child.py#test_it tests pkg/child.py#Child.save",
        ],
    );
}

#[test]
fn typescript() {
    expect(
        &[
            (
                "src/shape.ts",
                "export interface Shape { area(): number }\nexport class Square implements Shape {\n  \
                 side = 1;\n  area() { return this.side; }\n}\n",
            ),
            (
                "src/main.ts",
                "import { Square, Shape } from './shape';\nimport fs from 'fs';\nexport function \
                 total(all: Shape[]) { return all.map((it) => it.area()); }\ntotal([new Square()]);\n",
            ),
            (
                "src/main.test.ts",
                "import { total } from './main';\nit('adds', () => { total([]); });\n",
            ),
        ],
        &[
            "src/shape.ts#Square inherits src/shape.ts#Shape",
            "src/shape.ts#Square.area inherits src/shape.ts#Shape.area",
            "src/shape.ts#Square.area references src/shape.ts#Square.side",
            "src/main.ts imports src/shape.ts",
            "src/main.ts imports src/shape.ts#Square",
            "src/main.ts imports src/shape.ts#Shape",
            "src/main.ts imports package:fs",
            "src/main.ts#total references src/shape.ts#Shape",
            "src/main.ts#total calls src/shape.ts#Shape.area",
            "src/main.ts calls src/main.ts#total",
            "src/main.ts calls src/shape.ts#Square",
            "src/main.test.ts imports src/main.ts",
            "src/main.test.ts imports src/main.ts#total",
            "src/main.test.ts tests src/main.ts",
            "src/main.test.ts tests src/main.ts#total",
            "src/main.test.ts calls src/main.ts#total",
        ],
    );
}

#[test]
fn rust() {
    expect(
        &[
            ("Cargo.toml", "[package]\nname = \"room\"\n"),
            ("src/lib.rs", "mod shape;\nuse std::fmt;\npub use shape::Square;\n"),
            (
                "src/shape.rs",
                "pub trait Area { fn area(&self) -> u32; }\npub struct Square { side: u32 }\nimpl Area \
                 for Square {\n    fn area(&self) -> u32 { self.side }\n}\nimpl Square {\n    pub fn \
                 new() -> Square { Square { side: 1 } }\n}\n#[cfg(test)]\nmod tests {\n    use \
                 super::*;\n    #[test]\n    fn one() { Square::new(); }\n}\n",
            ),
        ],
        &[
            "src/lib.rs imports src/shape.rs",
            "src/lib.rs imports package:std",
            "src/lib.rs imports src/shape.rs#Square",
            "src/shape.rs references src/shape.rs#Square",
            "src/shape.rs#Square inherits src/shape.rs#Area",
            "src/shape.rs#Square.area inherits src/shape.rs#Area.area",
            "src/shape.rs#Square.area references src/shape.rs#Square.side",
            "src/shape.rs#Square.new calls src/shape.rs#Square",
            "src/shape.rs#Square.new references src/shape.rs#Square",
            "src/shape.rs#Square.new references src/shape.rs#Square.side",
            "src/shape.rs#tests.one calls src/shape.rs#Square.new",
            "src/shape.rs#tests.one references src/shape.rs#Square",
            "src/shape.rs#tests.one tests src/shape.rs#Square.new",
            "src/shape.rs#tests.one tests src/shape.rs#Square",
        ],
    );
}

#[test]
fn go() {
    expect(
        &[
            ("go.mod", "module example.com/room\n"),
            (
                "shape/shape.go",
                "package shape\n\nimport \"fmt\"\n\ntype Shape interface { Area() int }\n\ntype Square \
                 struct { Side int }\n\nfunc Print(s Shape) { fmt.Println(s.Area()) }\n",
            ),
            ("shape/square.go", "package shape\n\nfunc (s *Square) Area() int { return s.Side }\n"),
            (
                "main.go",
                "package main\n\nimport (\n\t\"example.com/room/shape\"\n\t\"github.com/a/b/c\"\n)\n\nfunc \
                 main() { shape.Print(&shape.Square{Side: 1}); c.X() }\n",
            ),
        ],
        &[
            "shape/shape.go imports package:fmt",
            "shape/shape.go#Print references shape/shape.go#Shape",
            "shape/shape.go#Print calls shape/shape.go#Shape.Area",
            "shape/shape.go#Square ~inherits shape/shape.go#Shape",
            "shape/square.go#Square.Area ~inherits shape/shape.go#Shape.Area",
            "shape/square.go#Square.Area references shape/shape.go#Square",
            "shape/square.go#Square.Area references shape/shape.go#Square.Side",
            "main.go imports shape/shape.go",
            "main.go imports shape/square.go",
            "main.go imports package:github.com/a/b",
            "main.go#main calls shape/shape.go#Print",
            "main.go#main references shape/shape.go#Square",
            "main.go#main references shape/shape.go#Square.Side",
        ],
    );
}

#[test]
fn c() {
    expect(
        &[
            ("include/list.h", "struct list { int size; };\nint list_size(struct list *it);\n"),
            (
                "src/list.c",
                "#include \"../include/list.h\"\n#include <stdio.h>\nint list_size(struct list *it) { \
                 return it->size; }\n",
            ),
            (
                "src/main.c",
                "#include \"../include/list.h\"\nstatic int show(struct list *it) { return \
                 list_size(it); }\nint main(void) { return show(0); }\n",
            ),
        ],
        &[
            "include/list.h#list_size references include/list.h#list",
            "src/list.c imports include/list.h",
            "src/list.c imports package:stdio.h",
            "src/list.c#list_size references include/list.h#list",
            "src/list.c#list_size references include/list.h#list.size",
            "src/main.c imports include/list.h",
            "src/main.c#show references include/list.h#list",
            "src/main.c#show calls src/list.c#list_size",
            "src/main.c#main calls src/main.c#show",
        ],
    );
}
