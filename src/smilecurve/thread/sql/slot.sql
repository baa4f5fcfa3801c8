select s.slot, s.component, s.part from all_slot s
