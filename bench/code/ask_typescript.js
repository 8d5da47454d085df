// Answers questions about TypeScript with the language service: a line of JSON in, a line of JSON
// out. Started by `languages.py` with the folder of the `typescript` package and a root that has a
// tsconfig.json. Lines and columns are 1-based.
"use strict";
const path = require("path");
const readline = require("readline");

const ts = require(process.argv[2]);
const root = process.argv[3];

const config = ts.getParsedCommandLineOfConfigFile(path.join(root, "tsconfig.json"), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (problem) => { throw new Error(problem.messageText); },
});
const texts = new Map();
function text(file) {
    if (!texts.has(file)) texts.set(file, ts.sys.readFile(file));
    return texts.get(file);
}
const service = ts.createLanguageService({
    getCompilationSettings: () => config.options,
    getScriptFileNames: () => config.fileNames,
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) =>
        text(file) === undefined ? undefined : ts.ScriptSnapshot.fromString(text(file)),
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    readDirectory: ts.sys.readDirectory,
    realpath: ts.sys.realpath,
}, ts.createDocumentRegistry());

/** [path, line, column] of a position; nothing outside of the root or in its libraries. */
function place(file, position) {
    const relative = path.relative(root, file);
    if (relative.startsWith("..") || relative.split(path.sep).includes("node_modules")) return [];
    const source = service.getProgram().getSourceFile(file);
    const at = source.getLineAndCharacterOfPosition(position);
    return [[relative.split(path.sep).join("/"), at.line + 1, at.character + 1]];
}

/** What a file defines: [line, column, LSP's kind, kinds of what is around it]. */
function symbols(file) {
    const source = service.getProgram().getSourceFile(file);
    if (!source) return [];
    const K = ts.ScriptElementKind;
    const kinds = {
        [K.classElement]: 5, [K.localClassElement]: 5, [K.interfaceElement]: 11,
        [K.enumElement]: 10, [K.enumMemberElement]: 22, [K.typeElement]: 11,
        [K.functionElement]: 12, [K.localFunctionElement]: 12, [K.memberFunctionElement]: 6,
        [K.memberGetAccessorElement]: 7, [K.memberSetAccessorElement]: 7,
        [K.memberVariableElement]: 8, [K.constElement]: 14, [K.letElement]: 13,
        [K.variableElement]: 13, [K.constructorImplementationElement]: 9, [K.moduleElement]: 2,
        [K.callSignatureElement]: 12,
    };
    const found = [];
    function walk(node, around) {
        const kind = kinds[node.kind] ?? 0;
        if (node.nameSpan && kind) {
            const at = source.getLineAndCharacterOfPosition(node.nameSpan.start);
            found.push([at.line + 1, at.character + 1, kind, around]);
        }
        for (const child of node.childItems || []) walk(child, [...around, kind]);
    }
    for (const node of service.getNavigationTree(file).childItems || []) walk(node, []);
    return found;
}

function answer([what, name, line, column]) {
    const file = path.join(root, name);
    if (what === "symbols") return symbols(file);
    const source = service.getProgram().getSourceFile(file);
    if (!source) return [];
    const position = source.getPositionOfLineAndCharacter(line - 1, column - 1);
    if (what === "references") {
        return (service.findReferences(file, position) || [])
            .flatMap((symbol) => symbol.references)
            .flatMap((found) => place(found.fileName, found.textSpan.start));
    }
    // An alias is the import of something that could not be found.
    return (service.getDefinitionAtPosition(file, position) || [])
        .filter((found) => found.kind !== ts.ScriptElementKind.alias)
        .flatMap((found) => place(found.fileName, found.textSpan.start));
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
    let said;
    try {
        said = answer(JSON.parse(line));
    } catch (problem) {
        said = String(problem);
    }
    process.stdout.write(JSON.stringify(said) + "\n");
});
