// The step of a launch that an LMS does by itself. Without JavaScript the page's Continue button does the same.
document.getElementById("form-post").submit();
