select l.lot, l.code from all_lot l
