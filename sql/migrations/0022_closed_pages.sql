-- The export puts a page that says so at the address of a business that has closed for good.
GRANT SELECT ON business_closed TO holdfast_export;
