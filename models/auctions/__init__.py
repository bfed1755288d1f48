"""The static auction: virtual values, ironing, the optimal auction, reduced forms and Border's condition."""
