"""The school's door: LTI 1.3, protocol only, with pylti1p3 behind it."""
