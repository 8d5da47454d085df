//! Words that tell a reader of C what a construct is: keywords, customary annotations, macros that
//! declare things.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use crate::Kind;

const KEYWORD: u8 = 1;
const TYPE: u8 = 4;
const SPECIFIER: u8 = 8;
/// Of C++ only: in C, a name like others.
const CPP: u8 = 16;

const KEYWORDS: &str = "\
    struct union enum sizeof _Alignof __alignof__ typeof __typeof__ __typeof true false \
    nullptr NULL asm __asm__ __asm _Generic __attribute__ __attribute __declspec defined \
    static_assert _Static_assert __VA_ARGS__ __VA_OPT__ __func__ __FILE__ __LINE__ \
    __FUNCTION__";
const STATEMENTS: &str = "\
    if else for while do switch case default return goto break continue __try __except \
    __finally";
const TYPES: &str = "\
    void char short int long float double signed unsigned _Bool bool auto __auto_type size_t \
    ssize_t wchar_t char8_t char16_t char32_t __int128 __signed__ ptrdiff_t intptr_t uintptr_t \
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t _Complex";
const SPECIFIERS: &str = "\
    static extern inline const volatile register typedef restrict __restrict __restrict__ \
    __inline __inline__ __forceinline __extension__ _Noreturn noreturn _Atomic thread_local \
    _Thread_local __thread __volatile__ __const";
const CPP_KEYWORDS: &str = "\
    class typename template namespace using decltype operator new delete this public private \
    protected static_cast dynamic_cast const_cast reinterpret_cast noexcept override final \
    concept requires and or not try catch throw co_return co_yield co_await alignof";
const CPP_SPECIFIERS: &str = "constexpr consteval constinit virtual explicit mutable friend export";

/// What a word is; no bit for a name.
fn class(word: &str, cpp: bool) -> u8 {
    static TABLE: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
        let lists = [
            (KEYWORDS, KEYWORD),
            (STATEMENTS, KEYWORD),
            (TYPES, TYPE),
            (SPECIFIERS, SPECIFIER),
            (CPP_KEYWORDS, KEYWORD | CPP),
            (CPP_SPECIFIERS, SPECIFIER | CPP),
        ];
        let words =
            lists.into_iter().flat_map(|(list, bit)| list.split(' ').map(move |it| (it, bit)));
        words.collect()
    });
    // No keyword is longer.
    let class = if word.len() > 24 { 0 } else { TABLE.get(word).copied().unwrap_or(0) };
    if class & CPP != 0 && !cpp { 0 } else { class }
}

/// Keywords and operators that are words: never names.
pub(super) fn is_keyword(word: &str, cpp: bool) -> bool {
    class(word, cpp) != 0
}

/// Types that are keywords, or as good as.
pub(super) fn is_type_word(word: &str, cpp: bool) -> bool {
    class(word, cpp) & TYPE != 0
}

/// Storage classes, qualifiers and function specifiers.
pub(super) fn is_specifier(word: &str, cpp: bool) -> bool {
    class(word, cpp) & SPECIFIER != 0
}

const ANNOTATIONS: &str = "\
    __user __kernel __iomem __percpu __rcu __force __bitwise __nocast __safe __private __init \
    __exit __initdata __initconst __exitdata __meminit __meminitdata __memexit __cpuinit \
    __devinit __devexit __net_init __net_exit __net_initdata __init_or_module \
    __initdata_or_module __ref __refdata __sched __kprobes __lockfunc __tracepoint_attr \
    notrace asmlinkage noinline noinline_for_stack __noinline __always_inline __always_unused \
    __maybe_unused __must_check __pure __attribute_const__ __cold __hot __weak __noreturn \
    __malloc __read_mostly __ro_after_init __cacheline_aligned ____cacheline_aligned \
    ____cacheline_aligned_in_smp __page_aligned_data __cacheline_aligned_in_smp \
    ____cacheline_internodealigned_in_smp __page_aligned_bss __packed __visible __used __naked \
    __latent_entropy __randomize_layout __no_randomize_layout __designated_init \
    __no_sanitize_address __no_kcsan __no_kasan_or_inline __no_profile __no_sanitize_or_inline \
    noinstr __cpuidle __irq_entry __softirq_entry __noclone __flatten __gnu_inline \
    __deprecated __bpf_kfunc __nonstring __fallthrough __nostackprotector __no_stack_protector \
    __section __initdata_memblock __init_memblock __initconst_or_module __paginginit \
    __nosavedata __alloc_size Q_OBJECT Q_GADGET Q_INVOKABLE WINAPI APIENTRY CALLBACK";

const ANNOTATION_CALLS: &str = "\
    __attribute__ __attribute __declspec _Alignas alignas __printf __scanf __acquires \
    __releases __acquire __must_hold __cond_acquires __cond_releases __aligned __section \
    __alias __assume_aligned __deprecated_msg __alloc_size __realloc_size __counted_by \
    __guarded_by __pt_guarded_by __no_context_analysis __diag_ignore_all __diagnose_as \
    __pass_object_size __nonnull __nonstring __compiletime_error __compiletime_warning \
    __cleanup __copy __target __optimize __no_sanitize __free";

/// Words of attributes that take no place in the grammar wherever they stand. Of those that some
/// code uses as names too, none is here.
pub(super) fn is_annotation(word: &str) -> bool {
    static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| ANNOTATIONS.split(' ').collect());
    may_be_annotation(word) && SET.contains(word)
}

/// Annotations that take arguments, and `__printf(1, 2)` and its like.
pub(super) fn is_annotation_call(word: &str) -> bool {
    static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| ANNOTATION_CALLS.split(' ').collect());
    may_be_annotation(word) && (is_annotation(word) || SET.contains(word))
}

/// Whether a word begins like those in the lists, which spares most words the look.
fn may_be_annotation(word: &str) -> bool {
    matches!(word.as_bytes().first(), Some(b'_' | b'a' | b'n' | b'Q' | b'W' | b'A' | b'C'))
}

/// Words that look like macros standing for attributes: `__foo`, `FOO_API`.
pub(super) fn looks_like_annotation(word: &str) -> bool {
    if let Some(rest) = word.strip_prefix("__") {
        return !is_dunder_type(rest);
    }
    looks_like_macro(word)
}

/// `FOO`, `FOO_2`: two or more letters, none of them small.
pub(super) fn looks_like_macro(word: &str) -> bool {
    word.len() > 1
        && word.bytes().any(|byte| byte.is_ascii_uppercase())
        && !word.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// `u8` of `__u8`, `be32` of `__be32`, `kernel_pid_t` of `__kernel_pid_t`.
fn is_dunder_type(rest: &str) -> bool {
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let letters = &rest[..rest.len() - digits.len()];
    let sized = matches!(letters, "u" | "s" | "le" | "be" | "m" | "int" | "sum" | "virtio")
        && digits.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    sized || rest.ends_with("_t") || matches!(rest, "wsum" | "builtin_va_list" | "gnuc_va_list")
}

/// What a word is given to the parser as, no longer than itself.
pub(super) fn stand_in(word: &str) -> Option<&'static str> {
    match word {
        // Any name will do: it is then a call like others.
        "offsetof" => Some("Offsetof"),
        "__alignof__" | "__alignof" | "_Alignof" => Some("sizeof"),
        _ if word.starts_with("while_each_") => Some("while"),
        _ => None,
    }
}

/// Names for the type of an expression.
pub(super) fn is_typeof(word: &str) -> bool {
    matches!(
        word,
        "typeof" | "__typeof__" | "__typeof" | "typeof_unqual" | "__unqual_scalar_typeof"
    )
}

/// A macro that declares something at the place where it is used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Definer {
    /// Which argument names what is declared.
    pub(super) name: usize,
    /// Which one is its type.
    pub(super) ty: Option<usize>,
    /// The struct that it always is.
    pub(super) fixed: &'static str,
    /// What is put before the name.
    pub(super) prefix: &'static str,
    /// What is declared.
    pub(super) kind: Kind,
}

pub(super) const VARIABLE: Definer =
    Definer { name: 0, ty: None, fixed: "", prefix: "", kind: Kind::Variable };
const FUNCTION: Definer = Definer { kind: Kind::Function, ..VARIABLE };

/// What a macro of this name declares.
pub(super) fn definer(word: &str) -> Option<Definer> {
    if let Some(known) = known_definer(word) {
        return Some(known);
    }
    let is_definer = word.starts_with("DEFINE_") || word.starts_with("DECLARE_");
    is_definer.then_some(VARIABLE)
}

fn known_definer(word: &str) -> Option<Definer> {
    let fixed = |fixed| Some(Definer { fixed, ..VARIABLE });
    let traced = |name| Some(Definer { prefix: "trace_", name, ..FUNCTION });
    match word {
        "DEFINE_MUTEX" => fixed("mutex"),
        "DEFINE_SPINLOCK" => fixed("spinlock"),
        "DEFINE_RAW_SPINLOCK" => fixed("raw_spinlock"),
        "DECLARE_RWSEM" => fixed("rw_semaphore"),
        "DEFINE_SEMAPHORE" => fixed("semaphore"),
        "LIST_HEAD" => fixed("list_head"),
        "HLIST_HEAD" => fixed("hlist_head"),
        "LLIST_HEAD" => fixed("llist_head"),
        "DECLARE_WAIT_QUEUE_HEAD" | "DECLARE_WAIT_QUEUE_HEAD_ONSTACK" => fixed("wait_queue_head"),
        "DEFINE_WAIT" | "DECLARE_WAITQUEUE" | "DEFINE_WAIT_FUNC" => fixed("wait_queue_entry"),
        "DECLARE_COMPLETION" | "DECLARE_COMPLETION_ONSTACK" => fixed("completion"),
        "DECLARE_WORK" => fixed("work_struct"),
        "DECLARE_DELAYED_WORK" => fixed("delayed_work"),
        "DECLARE_TASKLET" => fixed("tasklet_struct"),
        "DEFINE_TIMER" => fixed("timer_list"),
        "DEFINE_IDA" => fixed("ida"),
        "DEFINE_IDR" => fixed("idr"),
        "DEFINE_XARRAY" | "DEFINE_XARRAY_ALLOC" => fixed("xarray"),
        "DEFINE_SRCU" | "DEFINE_STATIC_SRCU" => fixed("srcu_struct"),
        "DEFINE_STATIC_KEY_FALSE" | "DECLARE_STATIC_KEY_FALSE" => fixed("static_key_false"),
        "DEFINE_STATIC_KEY_TRUE" | "DECLARE_STATIC_KEY_TRUE" => fixed("static_key_true"),
        "BLOCKING_NOTIFIER_HEAD" => fixed("blocking_notifier_head"),
        "ATOMIC_NOTIFIER_HEAD" => fixed("atomic_notifier_head"),
        "RAW_NOTIFIER_HEAD" => fixed("raw_notifier_head"),
        "DEVICE_ATTR" | "DEVICE_ATTR_RO" | "DEVICE_ATTR_RW" | "DEVICE_ATTR_WO" => {
            Some(Definer { prefix: "dev_attr_", fixed: "device_attribute", ..VARIABLE })
        }
        "DEFINE_SHOW_ATTRIBUTE" | "DEFINE_SEQ_ATTRIBUTE" | "DEFINE_DEBUGFS_ATTRIBUTE" => None,
        "DECLARE_FLEX_ARRAY" => typed(0, 1),
        "TRACE_EVENT" | "TRACE_EVENT_FN" | "TRACE_EVENT_CONDITION" | "DECLARE_TRACE" => traced(0),
        "DEFINE_EVENT" | "DEFINE_EVENT_PRINT" | "DEFINE_EVENT_CONDITION" => traced(1),
        "DECLARE_EVENT_CLASS" => None,
        _ if word.contains("PER_CPU") => typed(0, 1),
        _ => None,
    }
}

fn typed(ty: usize, name: usize) -> Option<Definer> {
    Some(Definer { ty: Some(ty), name, ..VARIABLE })
}

/// `sys_` for a macro that defines a function whose name is its first argument: what comes before
/// the name, and whether the rest are pairs of types and names.
pub(super) fn function_definer(word: &str) -> Option<(&'static str, bool)> {
    let numbered = |stem: &str| {
        word.strip_prefix(stem)
            .is_some_and(|rest| rest.is_empty() || rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if numbered("SYSCALL_DEFINE") {
        Some(("sys_", true))
    } else if numbered("COMPAT_SYSCALL_DEFINE") {
        Some(("compat_sys_", true))
    } else if numbered("BPF_CALL_") || numbered("NOTRACE_BPF_CALL_") {
        Some(("", true))
    } else if numbered("BPF_PROG") {
        Some(("", false))
    } else {
        None
    }
}

/// Macros that define a test whose name is their last argument.
pub(super) fn is_test(word: &str) -> bool {
    matches!(word, "TEST" | "TEST_F" | "TEST_P" | "TYPED_TEST" | "TYPED_TEST_P" | "TEST_CASE")
}

/// Macros whose value is the struct that a member belongs to: `container_of(p, struct x, member)`.
pub(super) fn is_container_of(word: &str) -> bool {
    word.to_ascii_lowercase().ends_with("container_of")
        || word.starts_with("container_of_")
        || word.starts_with("list_") && word.contains("entry")
        || word.starts_with("hlist_") && word.contains("entry")
        || matches!(word, "rb_entry" | "rb_entry_safe" | "llist_entry" | "va_arg")
}

/// Macros and functions that hand on their first argument, perhaps in a special way.
pub(super) fn is_transparent(word: &str) -> bool {
    matches!(
        word,
        "READ_ONCE"
            | "ACCESS_ONCE"
            | "READ_ONCE_NOCHECK"
            | "smp_load_acquire"
            | "this_cpu_ptr"
            | "raw_cpu_ptr"
            | "per_cpu"
            | "per_cpu_ptr"
            | "get_cpu_var"
            | "get_cpu_ptr"
            | "this_cpu_read"
            | "srcu_dereference"
            | "lockless_dereference"
            | "unrcu_pointer"
            | "no_free_ptr"
            | "return_ptr"
            | "likely"
            | "unlikely"
            | "__builtin_expect"
            | "xchg"
            | "std::move"
    ) || word.starts_with("rcu_dereference")
}
