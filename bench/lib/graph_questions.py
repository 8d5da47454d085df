"""What `bench/run graph` asks: questions in words, and places in code, for each corpus."""

from dataclasses import dataclass

TRACE = '''Traceback (most recent call last):
  File "/srv/venv/lib/python3.12/site-packages/django/core/handlers/exception.py", line 55, in inner
    response = get_response(request)
  File "/srv/venv/lib/python3.12/site-packages/django/core/handlers/base.py", line 197, in _get_response
    response = wrapped_callback(request, *callback_args, **callback_kwargs)
  File "/srv/app/shop/views.py", line 12, in detail
    item = Item.objects.get(pk=pk)
  File "/srv/venv/lib/python3.12/site-packages/django/db/models/query.py", line 635, in get
    raise self.model.DoesNotExist(
shop.models.Item.DoesNotExist: Item matching query does not exist.
'''


@dataclass(frozen=True)
class Asked:
    """A corpus and what is asked of it."""

    #: Sentences, as people and models ask them.
    questions: list
    #: Symbols or files that are to be changed.
    targets: list
    #: The same places under the names that the peer has for them.
    peer_targets: list
    #: Claims about them.
    claims: list
    #: Stack traces.
    traces: list
    #: Edits that an agent makes: a file, a text in it, and what it becomes.
    edits: list


DJANGO = Asked(
    questions=[
        "where is the CSRF token checked", "how does a queryset fetch its rows",
        "saving a model instance to the database", "password hashing with pbkdf2",
        "resolve a URL pattern to a view", "render a template with autoescape",
        "migrations autodetector finds renamed fields", "session cookie expiry",
        "cache backend for memcached", "form field validation errors",
        "admin changelist filters", "file upload handlers in memory",
        "translation of lazy strings", "signals receivers weak references",
        "transaction atomic savepoints", "aggregate annotations group by",
        "static files manifest storage hashing", "paginator page out of range",
        "timezone aware datetimes conversion", "test client follow redirects",
    ],
    targets=[
        "Model.save", "QuerySet._fetch_all", "django/db/models/query.py", "HttpRequest", "BaseForm",
        "URLResolver.resolve", "django/core/signing.py", "CsrfViewMiddleware", "Paginator", "Atomic",
    ],
    peer_targets=[
        "file::django/db/models/base.py::class::Model", "file::django/db/models/query.py::class::QuerySet",
        "file::django/db/models/query.py", "file::django/http/request.py::class::HttpRequest",
        "file::django/forms/forms.py::class::BaseForm",
        "file::django/urls/resolvers.py::class::URLResolver", "file::django/core/signing.py",
        "file::django/middleware/csrf.py::class::CsrfViewMiddleware",
        "file::django/core/paginator.py::class::Paginator",
        "file::django/db/transaction.py::class::Atomic",
    ],
    claims=[
        "django/db/models/query.py imports django/db/models/sql/__init__.py",
        "QuerySet depends on Query", "django/core/signing.py never calls Model.save",
        "nothing calls QuerySet._fetch_all", "CsrfViewMiddleware inherits from MiddlewareMixin",
    ],
    traces=[TRACE],
    edits=[
        ("django/db/models/query.py",
         "            self._result_cache = list(self._iterable_class(self))",
         "            # A remark.\n            self._result_cache = list(self._iterable_class(self))"),
        ("django/core/signing.py", "            age = time.time() - timestamp",
         "            age = b62_decode(time.time()) - timestamp"),
        ("django/core/paginator.py", "    def page(self, number):", "    def leaf(self, number):"),
    ],
)

LINUX = Asked(
    questions=[
        "scheduler picks the next task", "allocate an inode for ext4", "futex wait and wake",
        "rcu grace period expedited", "mount namespace propagation", "page cache writeback",
        "cgroup freezer state", "signal delivery to a process", "overlayfs copy up",
        "timer wheel expiry", "kprobes registration", "btrfs extent allocation",
    ],
    targets=[
        "schedule", "kernel/fork.c", "vfs_read", "do_exit", "ext4_alloc_inode", "kernel/futex/core.c",
    ],
    peer_targets=[
        "file::kernel/sched/core.c", "file::kernel/fork.c", "file::fs/read_write.c",
        "file::kernel/exit.c", "file::fs/ext4/super.c", "file::kernel/futex/core.c",
    ],
    claims=["vfs_read calls rw_verify_area", "nothing calls do_exit"],
    traces=[],
    edits=[
        ("kernel/exit.c", "void __noreturn do_exit(long code)\n{",
         "void __noreturn do_exit(long code)\n{\n\tschedule();"),
    ],
)
