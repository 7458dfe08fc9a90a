"""The gate: measure every row, judge it by named rules, delete nothing."""
