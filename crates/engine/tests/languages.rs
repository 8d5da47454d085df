//! Names across the files of other languages, and of several at once. `⟪name⟫` is what is asked about,
//! `⟦name⟧` are all of its references; from each of these, the definition leads back.

mod marked;

use marked::check;

#[test]
fn c_declares_in_headers_and_defines_elsewhere() {
    check(&[
        ("include/api.h", "#ifndef API_H\n#define API_H\nint ⟪area⟫(int side);\n#endif\n"),
        ("src/area.c", "#include \"api.h\"\nint ⟪area⟫(int side) { return side * side; }\n"),
        ("src/main.c", "#include \"../include/api.h\"\nint main(void) { return ⟦area⟧(2); }\n"),
        ("other/area.c", "static int area(int x) { return x; }\nint f(void) { return area(3); }\n"),
    ]);
}

#[test]
fn c_keeps_tags_apart_from_aliases() {
    let header = "typedef struct node ⟪node⟫;\nstruct tree { struct node *root; ⟦node⟧ *last; };\n";
    let source = "#include \"tree.h\"\nstruct node { int key; };\n\
                  int f(⟦node⟧ *it) { return it->key + sizeof(⟦node⟧) + sizeof(struct node); }\n";
    check(&[("tree.h", header), ("tree.c", source)]);
    let source = "#include \"tree.h\"\nstruct ⟪node⟫ { int key; };\n\
                  int f(node *it, struct ⟦node⟧ *other) { return it->key + other->key; }\n";
    let header = "typedef struct ⟦node⟧ node;\nstruct tree { struct ⟦node⟧ *root; node *last; };\n";
    check(&[("tree.h", header), ("tree.c", source)]);
    check(&[
        ("tree.h", "typedef struct node node;\nstruct node { int ⟪key⟫; };\n"),
        ("tree.c", "#include \"tree.h\"\nint f(node *it) { return it->⟦key⟧; }\n"),
    ]);
}

#[test]
fn c_macros_are_seen_through() {
    check(&[
        (
            "io.h",
            "#define API_CALLBACK(name) (*name)\nBEGIN_DECLS\n\ntypedef struct {\n\tint \
             API_CALLBACK(⟪read⟫)(int fd);\n\tint fd;\n} io;\n",
        ),
        ("io.c", "#include \"io.h\"\nint f(io *it) { return it->⟦read⟧(it->fd); }\n"),
    ]);
    check(&[(
        "list.c",
        "struct item { int ⟪link⟫; };\nstruct item *f(int *it) { return CONTAINER_OF(it, struct item, \
         ⟦link⟧); }\n",
    )]);
}

#[test]
fn of_several_headers_the_included_one_counts() {
    check(&[
        ("port/posix.h", "namespace port { class Mutex { public: void ⟪Lock⟫(); }; }\n"),
        ("port/win.h", "namespace port { class Mutex { public: void Lock(); }; }\n"),
        ("db.cc", "#include \"port/posix.h\"\nvoid f(port::Mutex* m) { m->⟦Lock⟧(); }\n"),
    ]);
}

#[test]
fn cpp_members_are_defined_outside_of_their_class() {
    check(&[
        (
            "status.h",
            "class Status {\n public:\n  Status();\n  static Status OK();\n  bool ⟪ok⟫() const;\n};\n",
        ),
        (
            "status.cc",
            "#include \"status.h\"\nStatus::Status() {}\nStatus Status::OK() { return Status(); }\n\
             bool Status::⟪ok⟫() const { return true; }\n",
        ),
        (
            "status_test.cc",
            "#include \"status.h\"\nclass Fixture { public: Status status_; };\n\
             TEST(Fixture, ok) { EXPECT_TRUE(status_.⟦ok⟧()); Status copy(Status::OK()); copy.⟦ok⟧(); }\n",
        ),
    ]);
}

#[test]
fn go_finds_members_of_other_packages() {
    check(&[
        ("go.mod", "module example.com/shop\n"),
        ("item/item.go", "package item\n\ntype Item struct{ ⟪Price⟫ int }\n"),
        (
            "main.go",
            "package main\n\nimport \"example.com/shop/item\"\n\nfunc total(all []item.Item) int {\n\
             \tn := 0\n\tfor _, it := range all {\n\t\tn += it.⟦Price⟧\n\t}\n\
             \t_ = item.Item{⟦Price⟧: n}\n\treturn n\n}\n",
        ),
    ]);
}

#[test]
fn java_chooses_among_overloads() {
    check(&[
        (
            "shop/Item.java",
            "package shop;\npublic class Item { public int ⟪price⟫() { return 1; } }\n",
        ),
        (
            "app/App.java",
            "package app;\nimport shop.Item;\nimport java.util.List;\nclass App { int f(List<Item> all) \
             { for (Item it : all) it.⟦price⟧(); return all.get(0).⟦price⟧(); } int price() { return 2; \
             } }\n",
        ),
    ]);
}

#[test]
fn languages_beside_each_other_do_not_mix() {
    let others: &[(&str, &str)] = &[
        ("b.ts", "export function render(page: string) { return page; }\nrender('x');\n"),
        ("c.go", "package c\n\nfunc render(page string) string { return page }\n"),
        ("d.rs", "pub fn render(page: &str) -> &str { page }\nfn f() { render(\"x\"); }\n"),
        ("E.java", "class E { String render(String page) { return render(page); } }\n"),
        ("f.c", "char *render(char *page) { return page; }\nvoid f(void) { render(0); }\n"),
        ("g.cc", "struct View { int render(); };\nint g(View* v) { return v->render(); }\n"),
        ("h.rb", "def render(page)\n  page\nend\nrender('x')\n"),
        ("i.php", "<?php function render($page) { return $page; } render('x');\n"),
        ("j.sh", "render() { echo \"$1\"; }\nrender x\n"),
    ];
    let python = [
        ("a.py", "def ⟪render⟫(page):\n    return page\n"),
        ("main.py", "from a import ⟦render⟧\n\n⟦render⟧('x')\n"),
    ];
    check(&[&python, others].concat());
}
