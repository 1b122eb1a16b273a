"""The soft hills and hollows of a face that light brings out: sockets, cheeks, temples, forehead."""

from __future__ import annotations

from fer_lightning.data.synthetic.curves import Points, ellipse
from fer_lightning.data.synthetic.geometry_upper import SIDES, ByNumber


def relief(units: ByNumber) -> dict[str, Points]:
    """Outlines by name; AU 6 and 12 raise and round the cheeks."""
    made = {"forehead": ellipse(0, -0.62, 0.45, 0.22)}
    for i, sign, name in SIDES:
        smile = 0.6 * float(units[6][i]) + 0.6 * float(units[12][i])
        made |= {
            f"{name}_socket": ellipse(sign * 0.43, -0.05, 0.30, 0.17),
            f"{name}_hollow": ellipse(sign * 0.70, 0.85, 0.15, 0.34),
            f"{name}_temple": ellipse(sign * 0.93, -0.3, 0.12, 0.5),
            f"{name}_cheek": ellipse(sign * 0.56, 0.45 - 0.11 * smile, 0.19 + 0.03 * smile, 0.14),
            f"{name}_under_cheek": ellipse(sign * 0.56, 0.66 - 0.11 * smile, 0.19, 0.10),
        }
    return made
