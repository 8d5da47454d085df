//! The shape of the code: layers, what would be without something, claims, likeness, differences,
//! documents.

mod alike;
mod claims;
mod commits;
mod documents;
mod layers;

/// A shop: models at the ground, a service on them, views above; a module that closes a cycle, tests,
/// some TypeScript, and documents.
pub const SHOP: &[(&str, &str)] = &[
    ("shop/__init__.py", ""),
    ("shop/models/__init__.py", ""),
    (
        "shop/models/base.py",
        "class Base:\n    def total(self):\n        return 0\n\n    def save(self):\n        \
         return self.total()\n",
    ),
    (
        "shop/models/order.py",
        "from shop.models.base import Base\n\n\nclass Order(Base):\n    def total(self):\n        \
         return price(1)\n\n\ndef price(count):\n    return count * 3\n\n\ndef forgotten():\n    \
         pass\n",
    ),
    ("shop/services/__init__.py", ""),
    (
        "shop/services/billing.py",
        "from shop.models.order import Order, price\n\n\ndef bill(count):\n    order = Order()\n    \
         order.save()\n    return price(count)\n\n\ndef vague(anything):\n    \
         anything.settle()\n",
    ),
    (
        "shop/services/audit.py",
        "class Ledger:\n    def settle(self):\n        pass\n\n\nclass Account:\n    \
         def settle(self):\n        pass\n\n\nclass Debt:\n    def settle(self):\n        pass\n\n\n\
         class Claim:\n    def settle(self):\n        pass\n\n\nclass Case:\n    \
         def settle(self):\n        pass\n\n\nclass Row:\n    def settle(self):\n        pass\n",
    ),
    ("shop/views/__init__.py", ""),
    (
        "shop/views/pages.py",
        "from shop.services.billing import bill\nimport requests\n\n\ndef show(count):\n    \
         return bill(count)\n",
    ),
    ("shop/ring/__init__.py", ""),
    ("shop/ring/a.py", "from shop.ring.b import two\n\n\ndef one():\n    return two()\n"),
    ("shop/ring/b.py", "def two():\n    from shop.ring.a import one\n    return one\n"),
    (
        "tests/test_order.py",
        "from shop.models.order import price\n\n\ndef test_price():\n    assert price(2) == 6\n",
    ),
    ("web/money.ts", "export function money(cents: number): string {\n  return `${cents}`;\n}\n"),
    (
        "web/cart.ts",
        "import { money } from './money';\n\nexport function show(cents: number): string {\n  \
         return money(cents);\n}\n",
    ),
    (
        "docs/shop.md",
        "# Shop\n\nHow it is sold.\n\n## Prices\n\nSee `price` in `shop/models/order.py`.\n\n\
         ## Billing\n\n`Order.refund` gives money back. `shop/services/gone.py` is for taxes.\n",
    ),
];
