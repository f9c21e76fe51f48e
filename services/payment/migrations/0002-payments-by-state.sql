-- Who watches over payments asks for those in a state, such as unknown: few, whatever the size of the table.
create index payments_by_state on payments (state, id);
