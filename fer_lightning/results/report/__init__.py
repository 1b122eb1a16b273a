"""Reports: many results as one table, in which runs that differ in fold and seed alone are averaged."""
